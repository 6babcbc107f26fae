//! Which server holds the images of a reference, and the names that it has in Docker's `config.json`.

use super::address::Address;
use crate::image::Reference;

/// A server with images.
pub struct Host {
    /// Its name in references: `docker.io`.
    pub name: String,
    /// Host and port of the server: `registry-1.docker.io`.
    authority: String,
}

impl Host {
    /// The server of an image.
    pub fn of(reference: &Reference) -> Host {
        let name = reference.domain().to_ascii_lowercase();
        let authority = match name.as_str() {
            "docker.io" => "registry-1.docker.io".to_owned(),
            _ => name.clone(),
        };
        Host { name, authority }
    }

    /// The address of something in a repository: `manifests/latest`. None if the host cannot be in an address.
    pub fn address(&self, repository: &str, rest: &str) -> Option<Address> {
        Address::parse(&format!("https://{}/v2/{repository}/{rest}", self.authority))
    }

    /// The names of this server in `config.json`, first the one that `docker login` writes.
    pub fn login_names(&self) -> Vec<&str> {
        match self.name.as_str() {
            // Docker's name for it is from the time of its first protocol.
            "docker.io" => {
                vec!["https://index.docker.io/v1/", "index.docker.io", "docker.io", &self.authority]
            }
            name => vec![name],
        }
    }
}
