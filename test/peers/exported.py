"""What onnxruntime makes of an exported model: prints {"probabilities": [[…]], "metadata": {…}}.

    .venv-peers/bin/python test/peers/exported.py MODEL.onnx TOKENS.safetensors
"""

import json
import sys

import numpy
import onnxruntime
from safetensors.numpy import load_file

session = onnxruntime.InferenceSession(sys.argv[1], providers=["CPUExecutionProvider"])
tokens = load_file(sys.argv[2])
feeds = {"genes": tokens["genes"].astype(numpy.int32), "values": tokens["values"]}
if "batches" in tokens:
    feeds["batchLabels"] = tokens["batches"].astype(numpy.int32)
probabilities, embedding = session.run(["probabilities", "cell_emb"], feeds)
metadata = session.get_modelmeta().custom_metadata_map
print(json.dumps({"probabilities": probabilities.tolist(), "width": embedding.shape[1],
                  "metadata": {key: value if key == "name" else json.loads(value) for key, value in metadata.items()}}))
