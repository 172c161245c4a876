"""Training on several devices or in several processes; off unless asked for.

launch.py    which process of how many this is, from the environment
session.py   joins the processes for a training, and ends them together
watch.py     notices that another process is dead
devices.py   several devices of one process (JAX)
splitting.py which weights are split among them
rows.py      the rows of each batch that this process reads

What the processes exchange stands in `kernels/processes.py`.
"""
