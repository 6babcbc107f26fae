const ms = require("ms");
console.log("started", ms("1s"));
