"""What a run is launched with: processes, accelerate's configurations, vLLM."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from accelerate.commands.config.config_args import load_config_from_file
from accelerate.commands.launch import _validate_launch_command, launch_command_parser

from rlmr.engines.launch import LaunchError, check_generation, check_launch
from rlmr.engines.settings import SettingsError, make_config

SHIPPED = Path(__file__).parents[2] / "recipes" / "accelerate"
BY_ACCELERATE = {"ACCELERATE_USE_CPU": "True"}
VLLM = {"use_vllm": True, "per_device_train_batch_size": 8}


def test_one_process_instead_of_several_is_refused():
    with pytest.raises(LaunchError, match=r"started one.*torchrun --standalone --nproc_per_node"):
        check_launch({**BY_ACCELERATE, "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "29500"})
    for ranks in ({"WORLD_SIZE": "2"}, {"OMPI_COMM_WORLD_SIZE": "2"}):
        check_launch({**BY_ACCELERATE, "MASTER_PORT": "29500", **ranks}, gpu=False)
    check_launch({"MASTER_PORT": "29500"}, gpu=False)
    check_launch(BY_ACCELERATE, gpu=False)


def test_sharding_that_would_not_be_is_refused():
    with pytest.raises(LaunchError, match="shards nothing and runs plain data parallelism"):
        check_launch({"ACCELERATE_USE_FSDP": "true", "WORLD_SIZE": "2"}, gpu=False)
    check_launch({"ACCELERATE_USE_FSDP": "true", "WORLD_SIZE": "2"}, gpu=True)


@pytest.mark.slow
@pytest.mark.parametrize(("processes", "code"), [("2", 2), ("1", 0)])
def test_accelerate_on_a_cpu_is_caught_for_real(tmp_path, processes, code):
    """`accelerate launch --cpu --num_processes 2` starts one process; with one it is what was asked for."""
    accelerate = [sys.executable, "-m", "accelerate.commands.launch", "--cpu", "--quiet"]
    recipe = ["sandbox", "data.limit=64", "output=run", "--dry-run"]
    done = subprocess.run(
        [*accelerate, "--num_processes", processes, "-m", "rlmr", "train", *recipe],
        cwd=tmp_path,
        env={key: value for key, value in os.environ.items() if key != "MASTER_PORT"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    said = "rlmr: accelerate launch was asked for several processes and started one" in done.stderr
    assert said == (code == 2), done.stderr
    assert (done.returncode == 0) == (code == 0), done.stderr


@pytest.mark.parametrize("name", ["ddp", "fsdp2", "zero3"])
def test_shipped_configurations_are_what_accelerate_reads(name):
    path = SHIPPED / f"{name}.yaml"
    command = ["--config_file", str(path), "--num_processes", "4", "-m", "rlmr", "train", "r"]
    args, config, _ = _validate_launch_command(launch_command_parser().parse_args(command))
    chosen = {"ddp": args.multi_gpu, "fsdp2": args.use_fsdp, "zero3": args.use_deepspeed}
    assert [key for key, is_on in chosen.items() if is_on] == [name]
    assert args.num_processes == 4 and args.mixed_precision == "bf16" and config.num_processes == 8
    assert f"--config_file recipes/accelerate/{name}.yaml" in path.read_text()
    if name == "fsdp2":
        assert args.fsdp_version == 2 and args.fsdp_reshard_after_forward is True
    if name == "zero3":
        assert args.zero_stage == 3 and args.zero3_save_16bit_model is True


def test_shipped_configurations_are_no_recipes():
    from rlmr.recipes.load import shipped_recipes

    assert not {"ddp", "fsdp2", "zero3"} & set(shipped_recipes())
    assert load_config_from_file(str(SHIPPED / "fsdp2.yaml")).fsdp_config["fsdp_version"] == 2


@pytest.mark.parametrize(
    ("grpo", "message"),
    [
        ({**VLLM, "vllm_mode": "colocated"}, "'colocated' is not allowed; colocate or server"),
        ({**VLLM, "vllm_gpu_memory_utilization": 1.0}, "above 0 and below 1"),
        ({**VLLM, "use_transformers_continuous_batching": True}, "choose one"),
        ({"vllm_sever_port": 8001}, "did you mean 'vllm_server_port'"),
    ],
)
def test_settings_of_vllm_that_cannot_be_are_refused(tmp_path, grpo, message):
    with pytest.raises(SettingsError, match=message):
        make_config(grpo, tmp_path, 0)


def test_settings_of_vllm_go_through_to_trl(tmp_path):
    given = {**VLLM, "vllm_mode": "server", "vllm_server_base_url": "http://127.0.0.1:8001"}
    config = make_config(given, tmp_path, 0)
    assert config.use_vllm and config.vllm_server_base_url == "http://127.0.0.1:8001"
    config = make_config({**VLLM, "vllm_mode": "colocate", "vllm_enable_sleep_mode": True}, tmp_path, 0)
    assert config.vllm_mode == "colocate" and config.vllm_enable_sleep_mode


def test_a_run_that_cannot_sample_here_says_why(tmp_path):
    """A dry run may be for another machine; a run may not."""
    with pytest.raises(LaunchError, match=r"grpo.use_vllm \(server mode\) needs a GPU"):
        check_generation(make_config({**VLLM, "vllm_mode": "server"}, tmp_path, 0), gpu=False)
    with pytest.raises(LaunchError, match=r"\(2\) must divide the number of processes \(1\)"):
        check_generation(make_config({**VLLM, "vllm_tensor_parallel_size": 2}, tmp_path, 0), gpu=True)
    with pytest.raises(LaunchError, match="turns float32 weights into bfloat16 for good"):
        check_generation(make_config({"use_transformers_continuous_batching": True}, tmp_path, 0), gpu=False)
    check_generation(make_config({}, tmp_path, 0), gpu=False)
