"""Recipes: one YAML file describes one complete run.

    recipe = read_recipe("sandbox", ["mixing.rule=gdpo"])
    train(recipe)

Reading and checking a recipe loads no torch; planning and training do.
"""

from rlmr.recipes.load import check_recipe, find_recipe, read_recipe, shipped_recipes
from rlmr.recipes.run import Plan, plan, train
from rlmr.recipes.schema import Recipe, RecipeError

__all__ = [
    "Plan",
    "Recipe",
    "RecipeError",
    "check_recipe",
    "find_recipe",
    "plan",
    "read_recipe",
    "shipped_recipes",
    "train",
]
