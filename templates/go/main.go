// Answers requests on port 8088 with the type of the device it runs on.
package main

import (
	"encoding/json"
	"log"
	"net/http"
	"os"
	"runtime"
)

func main() {
	device := map[string]string{
		"device_type": variable("DEVICE_TYPE"),
		"arch":        variable("DEVICE_ARCH"),
		"machine":     runtime.GOARCH,
	}
	http.HandleFunc("/", func(response http.ResponseWriter, _ *http.Request) {
		response.Header().Set("Content-Type", "application/json")
		if err := json.NewEncoder(response).Encode(device); err != nil {
			log.Print(err)
		}
	})
	log.Fatal(http.ListenAndServe(":8088", nil))
}

func variable(name string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return "unknown"
}
