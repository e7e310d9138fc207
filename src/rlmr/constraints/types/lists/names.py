"""Names of people, and the words around them: what `names` looks for."""

from __future__ import annotations

import re

from rlmr.constraints.types.lists.word_set import word_set

GIVEN = word_set(
    "aaron abigail adam adrian agnes aidan alan albert alex alexander alexandra alfred alice alison "
    "amanda amelia amir amy ana andrea andrew angela anna anne annie anthony antonio arthur audrey ava "
    "barbara beatrice becky ben benjamin beth betty bob bobby brandon brenda brian bridget bruce caleb "
    "calvin cameron carl carla carlos carmen caroline cassandra catherine cecilia cedric charles "
    "charlie charlotte chen chloe chris christina christine christopher claire clara clarence claudia "
    "colin connie cynthia daniel danny david deborah denise dennis derek diana diego donald donna "
    "dorothy dylan ed eddie edgar edith edmund edward edwin elaine elara eleanor elena eli elias "
    "elijah elise elizabeth ella ellen ellie elliot elsa elsie emilia emily emma emmett eric erica "
    "erik erin ernest esther ethan eugene eva evan evelyn felix fiona florence frances francis fred "
    "freddie frederick gabriel gareth gary george gerald gilbert gloria gordon greg gregory greta gwen "
    "hannah harold harriet harry harvey heather hector heidi helen henrietta henry herbert holden "
    "howard hugh hugo ian ingrid irene isaac isabel isabella isla ivan jack jackson jacob jake james "
    "jamie jane janet jason jasper jean jeff jeffrey jenna jennifer jenny jeremy jerry jesse jessica "
    "jill jim jimmy joan joanna joe joel john johnny jon jonah jonas jonathan jordan joseph josephine "
    "joshua juan juanita judith judy julia julian julie juliet jun justin kael kai karen karl kate "
    "katherine kathleen katie kayla keith kelly ken kenneth kevin kim kyle larry laura lauren lawrence "
    "layla leah leo leon leonard lena leroy leslie lewis liam lila lillian linda lionel lisa liz logan "
    "lois louis louisa louise lucas lucia lucille lucinda lucy luis luke luna lydia lyra mabel maggie "
    "malcolm marcus margaret maria marian marie marilyn mario marion marjorie martha martin marvin "
    "mary mateo matilda matt matthew maureen max maxwell maya megan melanie melissa meredith mia "
    "michael michelle miguel mike mildred miles millie milo mira miranda miriam mohammed molly monica "
    "muriel nadia nancy naomi natalie natasha nathan nathaniel ned neil nellie nicholas nicole nigel "
    "nina noah noel nora norman oliver olivia orion oscar owen pamela patricia patrick paul paula "
    "pedro peggy penelope perry peter philip phillip phoebe phyllis priya rachel rafael ralph ramona "
    "raymond rebecca reggie regina reginald renata rhiannon ricardo richard rita rob robert robin "
    "rodney roger roland ron ronald rosa rosalind rosemary rosie ross rowan roy rufus rupert russell "
    "ruth ryan sadie sally sam samantha samuel sandra sara sarah sasha scott sean sebastian selena "
    "seth sharon sheila shirley sidney silas simon sofia sonia sophia sophie stanley stella stephanie "
    "stephen steve steven stuart susan susannah sybil sylvia tabitha tamara tara ted teresa terry "
    "tessa theo theodora theodore theresa thomas tim timmy timothy tina tobias toby todd tom tommy "
    "tony tracy trevor ursula valerie vanessa vera vernon veronica victor victoria vincent virginia "
    "vivian wallace walter wanda warren wendy wesley wilfred william winifred winston xavier yara "
    "yolanda yuki yvonne zachary zara zoe"
)
"""Common given names in English prose, and those that models like; none is an ordinary word."""
GIVEN_OR_WORD = word_set(
    "amber april art autumn basil bill bishop blake brook brooke carter chance chase chip christian "
    "clay cliff cole cooper coral crystal daisy dale dawn dean dick drew duke earl ember eve faith "
    "fern finn flora forest frank gail gale gene ginger glen grace grant grey harmony hazel heath herb "
    "holly hope hunter ian iris ivy jade jasmine jay jewel josh joy june lance lane laurel lily luna "
    "major marsh mark mason may melody mercy miles nick norm olive opal pat patience pearl penny "
    "pierce piper poppy porter ray red reed rich river rob robin rocky rose ruby rusty ruth sage sandy "
    "scarlet skip sky skye sterling stone storm summer sunny tucker van victor viola violet wade will "
    "willow wren"
)
"""Names that are ordinary words too: they count in the middle of a sentence alone."""
ORDINARY = word_set(
    "monday tuesday wednesday thursday friday saturday sunday january february march april may june "
    "july august september october november december christmas easter halloween thanksgiving ramadan "
    "english french german spanish italian chinese japanese russian american british european african "
    "asian latin greek roman arabic jewish christian muslim catholic victorian god lord lady sir madam "
    "mister miss mrs mr ms mx dr doctor professor captain king queen prince princess father mother mum "
    "mom mommy mummy dad daddy papa mama grandma grandpa nana granny grandmother grandfather uncle "
    "aunt auntie brother sister nurse officer detective sergeant i i'm i'd i'll i've earth heaven hell "
    "bible internet tv ok okay p.s ps chapter part act scene north south east west your majesty "
    "highness honor honour "
    "he she it they we you who him her them us his its their our my your this that these those there here "
    "the a an one two three some any no not none all both each every another other such same own nobody "
    "everyone everybody someone somebody anyone anything nothing something everything what when where why "
    "how which while if as and but or nor so yet for because since until after before once then now just "
    "still even only also too never always maybe perhaps well yes yeah no nope oh ah hey hi hello wow whoa "
    "please thanks thank sorry good great well let look come go wait stop don't can't won't didn't isn't do "
    "did does is are was were be been have has had can could will would shall should must might at by from "
    "in into of off on out over to under up with without about against between through during "
    "president general colonel mayor devil satan christ jesus buddha allah bless damn universe war world "
)
"""Words with a capital that name no person of the story."""
HONORIFICS = word_set(
    "mr mrs ms miss mx dr doctor professor captain uncle aunt auntie sir lady lord madam mister "
    "sergeant detective inspector officer father sister brother reverend colonel general president "
    "senator"
)
"""Words before a person's name."""
SPEECH = word_set(
    "said says asked asks replied replies answered answers whispered whispers shouted shouts cried "
    "cries muttered mutters murmured murmurs yelled called snapped sighed laughed laughs smiled smiles "
    "grinned nodded nods frowned shrugged added adds continued exclaimed explained insisted agreed "
    "admitted growled hissed"
)
"""Verbs that people's names stand beside."""
CHINESE = re.compile(
    "小明(?!星|白)|小红(?![花旗书军点伞])|小刚|小华|小丽|小芳|小强|小军(?!官)|小李(?!子)|小王(?!子|国|爷)|小张|小陈|小刘|小赵|小杨(?!树)|"
    "老王|老李|老张(?!开)|老陈|老刘|老赵|老周|阿强|阿明|阿芳|阿珍|李明|李华|李雷|韩梅梅|李娜|王芳|王伟|王强|王丽|张伟|张三|李四|王五|张丽|"
    "刘洋|陈默|林晚(?!上)|林浅|苏婉清|苏晚(?!上)|沈墨|顾言|顾清|陆沉(?!默)|江晚(?!上)|叶知秋|慕容[雪云]|欧阳[娜明]"
)
"""Chinese names that are nothing else, and those that models like."""
CHINESE_NAMED = re.compile(r"(?:名叫|名唤|取名叫?|起名叫?)([\u4e00-\u9fff]{1,4})")
"""What says a name outright."""
SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦许何吕张孔曹严魏陶姜谢邹苏潘葛范彭郎鲁韦马苗方俞袁柳唐薛雷贺罗郝毕安常于傅卞齐康余顾孟黄穆萧尹姚邵汪毛戴宋庞熊纪舒项祝董梁杜阮贾江郭梅林钟徐邱骆高夏蔡田樊胡凌霍万柯卢莫丁邓洪包左石崔龚程陆甄段白温叶龙"  # noqa: E501
"""The common surnames."""
CHINESE_TITLED = re.compile(
    rf"([{SURNAMES}])(?:先生|太太|小姐|女士|老师|医生|警官|阿姨|叔叔|大爷|大妈|师傅|教授|同学|老板|奶奶|爷爷)"
)
"""A surname with a title."""
SURNAME_WORDS = word_set(
    "陈旧 陈列 安静 安全 安慰 安心 安排 安宁 安详 熊猫 李子 张开 张口 张望 张扬 王子 王国 王后 王宫 "
    "王冠 王朝 杨柳 杨树 杨梅 钟声 钟表 钟楼 钟头 白云 白天 白雪 白色 白发 白昼 白鸽 白马 白鹭 白糖 "
    "高兴 高大 高高 高楼 高山 高原 黄昏 黄色 黄叶 黄土 黄河 黄金 黄花 黄莺 江水 江边 江面 江南 江山 "
    "江湖 林间 林中 林子 林荫 叶子 叶片 周围 周末 周日 周身 孙子 孙女 田野 田间 田里 石头 石板 石桥 "
    "石块 方才 方向 方式 万物 万千 万里 温柔 温暖 温和 雷声 雷雨 夏天 夏日 夏夜 夏季 段落 程度 顾不得 "
    "顾不上 顾客 常常 何处 何时 何必 何况 严肃 严寒 严厉 严冬 董事 谢谢 苏醒 苏打 柳树 柳枝 柳絮 柳条 "
    "梅花 梅子 梅雨 唐诗 宋词 毛茸茸 毛巾 毛衣 康复 余晖 余下 余光 马上 马车 马蹄 马路 马儿 鲁莽 龙舟 "
    "龙王 龙眼 祝福 祝愿 邱陵 汪洋 汪汪 韩国 秦朝 郑重 徐徐 冯虚 郎君 陆地 陆续 陶醉 陶器 陶罐 姜汤 "
    "姚黄 戴上 洪水 洪亮 包子 包裹 包围 左右 左手 范围 纪念 纪律 舒服 舒展 舒适 项链 阮琴 贾府 薛涛笺 "
    "彭湃 罗盘 魏晋 柯南 丁香 邓林 贺卡 贺喜 卫士 卫星 孔雀 孔洞 胡同 胡子 胡琴 胡须 霍然 于是 于今 "
    "凌晨 凌乱 "
)
"""Words that begin like a surname."""
