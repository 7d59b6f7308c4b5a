"""Who may come in: access keys, the tokens they sign, and which address a token is good for."""
