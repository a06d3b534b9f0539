"""The demonstration: real traces that ship with Lodeline, as OTLP requests and judgments ready to be sent.

Pure: it reads its own data files and yields values; `cli/demo.py` sends them, tests reuse them. Everything has fixed
ids, derived by hash from the source's own, so loading it twice changes nothing, and no capture that somebody sends
themselves collides with it. `data/README.md` says where every file comes from and under which licence.
"""
