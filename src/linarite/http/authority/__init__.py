"""What the user's own `az` and `azure-identity` ask a cloud for: its endpoints, its authority, its subscriptions.

`metadata` tells `az cloud register` where everything is, `discovery` and `token_endpoint` are the authority as MSAL
speaks to it, `subscriptions` and `resource_list` what `az login` and `az resource list` read. `routes` is the table.
"""
