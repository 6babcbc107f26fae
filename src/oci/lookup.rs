//! One image looked up: its manifest and, where that does not say the platform, its configuration. Everything that
//! is read has the digest that it was asked for by, or that the registry claims.

use std::collections::BTreeMap;

use super::Client;
use super::challenge::{self, Challenge};
use super::digest::{has_digest, is_digest, sha256};
use super::docker_config::Credential;
use super::host::Host;
use super::http::{Answer, Request};
use super::manifest::{self, Entry, EntryPlatform, Manifest};
use super::retry::Deadline;
use super::secret::Secret;
use super::token::{self, Wanted, bearer, wrong_login};
use crate::image::{LookupFault, LookupFaultKind, Platform, Published, Reference};

/// The longest manifest, and the longest configuration: what registries have to accept at least, and most do not
/// accept more.
pub const MANIFEST_BYTES: u64 = 4 << 20;

/// How many images of an index are asked for their platforms, where the index does not say it.
const ASKED: usize = 16;

/// How many indexes may be within each other.
const DEPTH: usize = 3;

/// What one look-up works with.
pub(super) struct Lookup<'l> {
    client: &'l Client,
    host: Host,
    reference: &'l Reference,
    deadline: Deadline,
    asked: usize,
}

type Result<T, E = LookupFault> = std::result::Result<T, E>;

impl<'l> Lookup<'l> {
    pub(super) fn new(client: &'l Client, reference: &'l Reference, deadline: Deadline) -> Self {
        Lookup { client, host: Host::of(reference), reference, deadline, asked: 0 }
    }

    /// Looks the image up.
    pub(super) fn run(mut self) -> Result<Published> {
        let reference = self.reference;
        if reference.domain() == "docker.io" && reference.path() == "library/scratch" {
            let message = "`scratch` is the empty image, which is in no registry";
            return Err(LookupFault::new(LookupFaultKind::Invalid, message));
        }
        let (digest, found) = self.manifest(reference.digest().or(reference.tag()).unwrap_or("latest"))?;
        let mut platforms = BTreeMap::new();
        let is_index = matches!(found, Manifest::Index(_));
        if found == Manifest::Other {
            return Err(self.invalid("is no image that a container can be made of"));
        }
        self.add(&digest, found, &mut platforms, DEPTH)?;
        Ok(Published { digest, is_index, platforms: platforms.into_iter().collect() })
    }

    /// Adds the platforms of a manifest. Of several images for one platform, engines take the first.
    fn add(
        &mut self,
        digest: &str,
        found: Manifest,
        platforms: &mut BTreeMap<Platform, String>,
        depth: usize,
    ) -> Result<()> {
        match found {
            Manifest::Other => {}
            Manifest::Image(config) => {
                let bytes = self.config(&config)?;
                if let EntryPlatform::Linux(platform) =
                    manifest::read_config(&bytes).map_err(|why| self.invalid(&why))?
                {
                    platforms.entry(platform).or_insert_with(|| digest.to_owned());
                }
            }
            Manifest::Index(_) if depth == 0 => return Err(self.invalid("has indexes within indexes")),
            Manifest::Index(entries) => {
                for Entry { digest, platform } in entries {
                    match platform {
                        EntryPlatform::Linux(platform) => {
                            platforms.entry(platform).or_insert(digest);
                        }
                        EntryPlatform::Other => {}
                        EntryPlatform::Unsaid => {
                            self.asked += 1;
                            if self.asked > ASKED {
                                let why = format!("lists more than {ASKED} images without their platforms");
                                return Err(self.invalid(&why));
                            }
                            let (_, found) = self.manifest(&digest)?;
                            self.add(&digest, found, platforms, depth - 1)?;
                        }
                    }
                }
            }
        }
        Ok(())
    }

    /// The manifest of a tag or a digest, with its digest.
    fn manifest(&self, name: &str) -> Result<(String, Manifest)> {
        let accept = manifest::accepted();
        let answer = self.get(&format!("manifests/{name}"), &accept)?;
        let answer = self.understood(answer)?;
        let asked = is_digest(name).then_some(name);
        let claimed = answer.header("docker-content-digest");
        if [asked, claimed].into_iter().flatten().any(|digest| !has_digest(&answer.body, digest)) {
            let why = match asked {
                Some(_) => "has another digest than the one that was asked for",
                None => "has another digest than the registry says",
            };
            let help = "do not use this image: the registry, or something between, changes it";
            return Err(self.invalid(why).help(help));
        }
        let found = manifest::read(&answer.body, answer.header("content-type"));
        let digest = asked.or(claimed).map_or_else(|| sha256(&answer.body), str::to_owned);
        Ok((digest, found.map_err(|why| self.invalid(&why))?))
    }

    /// The configuration of an image.
    fn config(&self, digest: &str) -> Result<Vec<u8>> {
        let answer = self.get(&format!("blobs/{digest}"), "*/*")?;
        if answer.status == 404 {
            return Err(self.invalid("names a configuration that is not there"));
        }
        let answer = self.understood(answer)?;
        match has_digest(&answer.body, digest) {
            true => Ok(answer.body),
            false => Err(self.invalid("has a configuration with another digest than it says")),
        }
    }

    /// Asks the registry, with a login where it wants one.
    fn get(&self, path: &str, accept: &str) -> Result<Answer> {
        let Some(address) = self.host.address(self.reference.path(), path) else {
            let message = format!("{} cannot be the host of a registry", self.host.name);
            return Err(LookupFault::new(LookupFaultKind::Invalid, message));
        };
        let send = |authorization: Option<&Secret>| {
            let address = address.clone();
            let request = Request { address, accept, authorization, form: None, bytes: MANIFEST_BYTES };
            self.client.sender.send_to_registry(request, self.deadline)
        };
        let session = (self.host.name.clone(), self.reference.path().to_owned());
        let answer = send(self.client.session(&session).as_ref())?;
        // Another server that wants a login gets none.
        if answer.status != 401 || answer.is_elsewhere {
            return Ok(answer);
        }
        let authorization = self.log_in(&answer)?;
        let answer = send(Some(&authorization))?;
        if answer.status == 200 {
            self.client.keep_session(session, authorization);
        }
        Ok(answer)
    }

    /// What to send to a registry that wants a login.
    fn log_in(&self, answer: &Answer) -> Result<Secret> {
        let headers = answer.headers.get_all("www-authenticate").iter();
        let challenge = challenge::choose(headers.filter_map(|header| header.to_str().ok()));
        let found = self.client.logins.find(&self.host, self.client.sender.request_time(self.deadline));
        let credential = found.credential.as_ref();
        match (challenge, credential) {
            (_, Some(Credential::RegistryToken(token))) => {
                bearer(token.reveal()).ok_or_else(|| wrong_login(&self.host.name))
            }
            (Some(Challenge::Basic), Some(Credential::Password { name, password })) => {
                Ok(token::basic(name, password))
            }
            (Some(Challenge::Bearer { realm, service, scope }), credential) => {
                let own = format!("repository:{}:pull", self.reference.path());
                let scope = scope.filter(|scope| !scope.is_empty()).unwrap_or(own);
                let (service, host) = (service.as_deref(), &*self.host.name);
                let wanted = Wanted { realm: &realm, service, scope: &scope, host };
                let token = token::fetch(&wanted, credential, &self.client.sender, self.deadline);
                // Where nobody is logged in, the reason may be a helper that does not work.
                token.map_err(|fault| match fault.kind {
                    LookupFaultKind::Denied if credential.is_none() => self.denied(),
                    _ => fault,
                })
            }
            (Some(Challenge::Basic), _) => Err(self.denied()),
            (None, _) => {
                let message = format!("{} wants a login of a kind that dtpl does not know", self.host.name);
                Err(LookupFault::new(LookupFaultKind::Denied, message))
            }
        }
    }

    /// An answer with what was asked for, and nothing else.
    fn understood(&self, answer: Answer) -> Result<Answer> {
        let host = &self.host.name;
        match answer.status {
            200 => Ok(answer),
            401 | 403 => Err(self.denied()),
            404 if is_of_registry(&answer) => {
                let message = format!("{host} has no image {}", self.shown());
                Err(LookupFault::new(LookupFaultKind::NotFound, message))
            }
            404 => Err(self.no_registry(404)),
            status => Err(self.no_registry(status)),
        }
    }

    fn no_registry(&self, status: u16) -> LookupFault {
        let message = format!("{} answers {status}, and not as a registry of images does", self.host.name);
        LookupFault::new(LookupFaultKind::Invalid, message).help("check the host and the port")
    }

    fn denied(&self) -> LookupFault {
        let host = &self.host.name;
        let found = self.client.logins.find(&self.host, self.client.sender.request_time(self.deadline));
        let fault = |message: String| LookupFault::new(LookupFaultKind::Denied, message);
        if let Some(helper) = found.failed_helper {
            let message = format!("{host} wants a login, and docker-credential-{helper} does not give one");
            return fault(message).help("check that program: docker login uses it too");
        }
        match found.credential {
            Some(_) => fault(format!("{host} does not show {} to this login", self.shown()))
                .help(format!("check the name, or log in as somebody else: docker login {host}")),
            None => fault(format!("{host} does not show {} without a login", self.shown()))
                .help(format!("check the name, or log in: docker login {host}")),
        }
    }

    fn invalid(&self, why: &str) -> LookupFault {
        let message = format!("what {} has as {} {why}", self.host.name, self.shown());
        LookupFault::new(LookupFaultKind::Invalid, message)
    }

    /// The image as it was written.
    fn shown(&self) -> String {
        format!("`{}`", self.reference.text())
    }
}

/// Whether an answer that says "not there" is that of a registry, and not of some other web server.
fn is_of_registry(answer: &Answer) -> bool {
    #[derive(serde::Deserialize)]
    struct Errors {
        errors: Vec<Code>,
    }
    #[derive(serde::Deserialize)]
    struct Code {
        code: String,
    }
    let has_code = || {
        let errors: serde_json::Result<Errors> = serde_json::from_slice(&answer.body);
        errors.is_ok_and(|errors| errors.errors.iter().any(|error| !error.code.is_empty()))
    };
    !answer.is_elsewhere && (answer.header("docker-distribution-api-version").is_some() || has_code())
}
