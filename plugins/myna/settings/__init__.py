"""What a configuration may say: a frozen model for each group of `conf/`, with ranges, units and choices.

`myna.settings.recipe` builds the whole once, when the configuration is composed. Nothing here imports torch.
"""
