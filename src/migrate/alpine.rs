//! What Alpine calls packages of Debian: those whose names are the same thing for certain, so that a
//! file which installs nothing else can go to Alpine by itself.

/// Debian's name, and Alpine's.
const NAMES: [(&str, &str); 66] = [
    ("alsa-utils", "alsa-utils"),
    ("avahi-daemon", "avahi"),
    ("bash", "bash"),
    ("bc", "bc"),
    ("bind9-host", "bind-tools"),
    ("bluez", "bluez"),
    ("build-essential", "build-base"),
    ("bzip2", "bzip2"),
    ("ca-certificates", "ca-certificates"),
    ("cmake", "cmake"),
    ("curl", "curl"),
    ("dbus", "dbus"),
    ("dnsmasq", "dnsmasq"),
    ("dnsutils", "bind-tools"),
    ("ffmpeg", "ffmpeg"),
    ("file", "file"),
    ("g++", "g++"),
    ("gcc", "gcc"),
    ("git", "git"),
    ("gnupg", "gnupg"),
    ("gpsd", "gpsd"),
    ("hostapd", "hostapd"),
    ("htop", "htop"),
    ("i2c-tools", "i2c-tools"),
    ("iproute2", "iproute2"),
    ("iptables", "iptables"),
    ("iputils-ping", "iputils"),
    ("iw", "iw"),
    ("jq", "jq"),
    ("kmod", "kmod"),
    ("less", "less"),
    ("libffi-dev", "libffi-dev"),
    ("libjpeg-dev", "libjpeg-turbo-dev"),
    ("libssl-dev", "openssl-dev"),
    ("libudev-dev", "eudev-dev"),
    ("libusb-1.0-0-dev", "libusb-dev"),
    ("libxml2-dev", "libxml2-dev"),
    ("libxslt1-dev", "libxslt-dev"),
    ("lsof", "lsof"),
    ("make", "make"),
    ("modemmanager", "modemmanager"),
    ("mosquitto", "mosquitto"),
    ("mosquitto-clients", "mosquitto-clients"),
    ("nano", "nano"),
    ("network-manager", "networkmanager"),
    ("nginx", "nginx"),
    ("openssh-client", "openssh-client"),
    ("openssh-server", "openssh-server"),
    ("openssl", "openssl"),
    ("patch", "patch"),
    ("pkg-config", "pkgconf"),
    ("procps", "procps"),
    ("rsync", "rsync"),
    ("socat", "socat"),
    ("sqlite3", "sqlite"),
    ("sudo", "sudo"),
    ("supervisor", "supervisor"),
    ("tcpdump", "tcpdump"),
    ("tmux", "tmux"),
    ("tzdata", "tzdata"),
    ("unzip", "unzip"),
    ("usbutils", "usbutils"),
    ("vim", "vim"),
    ("wget", "wget"),
    ("zip", "zip"),
    ("zlib1g-dev", "zlib-dev"),
];

/// Alpine's name of a package; nothing where it is not known to be the same.
pub fn name(debian: &str) -> Option<&'static str> {
    NAMES.binary_search_by(|(known, _)| known.cmp(&debian)).ok().map(|at| NAMES[at].1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_are_in_order() {
        assert!(NAMES.windows(2).all(|pair| pair[0].0 < pair[1].0));
        assert_eq!((name("build-essential"), name("omxplayer")), (Some("build-base"), None));
    }
}
