// Answers on port 8088 with the kind of device it runs on.

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

// The first process of a container ends at a signal only if it says so.
process.on("SIGTERM", () => process.exit(0));
