// onnxruntime keeps a device id and a record of runs under the home folder, and queues them for its makers, unless it is
// told not to before its library is loaded. A worker's `process.env` is a copy that native code does not see: whoever
// starts workers imports this as well as whoever loads the library.
process.env.ORT_DISABLE_TELEMETRY = "1";
