// Answers requests on port 8088 with the type of the device it runs on.

const http = require("node:http");
const os = require("node:os");

const device = {
  device_type: process.env.DEVICE_TYPE ?? "unknown",
  arch: process.env.DEVICE_ARCH ?? "unknown",
  machine: os.machine(),
};

const server = http.createServer((_request, response) => {
  response.setHeader("Content-Type", "application/json");
  response.end(JSON.stringify(device) + "\n");
});
server.listen(8088, "0.0.0.0");

// The first process of a container ignores SIGTERM unless it handles it.
process.on("SIGTERM", () => process.exit(0));
