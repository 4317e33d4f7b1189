from hypothesis import settings

# How long an example takes says how busy the computer is, and nothing about the code.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")
