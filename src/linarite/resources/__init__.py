"""What an operator sets: resource groups, resources, keys, SKUs and hub settings.

`model` holds the values, `definitions` and `hub_settings` read them from requests, `registry` is what the
rest of the server asks and changes, `store` the seam behind which they are kept and `sqlite` the store on
disk. It relies on nothing of the server but names; what it promises: a change that was acknowledged
survives kill -9.
"""
