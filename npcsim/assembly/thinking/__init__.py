"""Who answers minds: tiers, their guards, what their models can do."""
