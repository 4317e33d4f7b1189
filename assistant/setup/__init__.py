"""A person's answers go in; models, devices and a settings file that fit them and this computer come out.

machine.py looks, offers.py recommends (pure), person.py is who answers, guide.py what all steps share; choosing.py,
sound.py, waking.py, writing.py and trying.py are the steps, walk.py their order. progress.py keeps which are finished,
settings_file.py changes a person's file and leaves the rest of it alone.
"""
