require("./build/Release/addon.node");
console.log("started");
