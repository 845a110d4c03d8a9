"""llama.cpp's own server on a free port of this computer, until its standard input ends."""

import sys

folder, model, context = sys.argv[1:4]
sys.path.insert(0, folder)
import xllamacpp

parameters = xllamacpp.CommonParams()
parameters.model.path = model
parameters.model_alias = {"kjv-tiny"}
parameters.hostnames = ["127.0.0.1"]
parameters.port = 0
parameters.n_ctx = int(context)
parameters.n_parallel = 2
parameters.n_gpu_layers = 0
server = xllamacpp.Server(parameters)
print(server.listening_address, flush=True)
sys.stdin.read()
