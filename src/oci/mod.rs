//! Asking a registry about an image: its digest, and the platforms that it is there for. The only module that opens
//! connections, and only with the feature `online`.
//!
//! The protocol is that of the OCI distribution specification. [`Settings`] say how registries are asked, a
//! [`Client`] asks. What is known afterwards is a [`Published`](crate::image::Published), or a
//! [`LookupFault`](crate::image::LookupFault).
//!
//! ```
//! use dtpl::image::{LookupFaultKind, Reference};
//! use dtpl::oci::{Client, Settings};
//!
//! let client = Client::new(&Settings::default())?;
//! // Nothing listens there.
//! let fault = client.look_up(&Reference::parse("127.0.0.1:1/app").unwrap()).unwrap_err();
//! assert_eq!(fault.kind, LookupFaultKind::Unavailable);
//! assert_eq!(fault.to_string(), "127.0.0.1:1 refuses the connection");
//! # Ok::<(), dtpl::oci::SettingsFault>(())
//! ```

mod address;
mod challenge;
mod client;
mod digest;
mod docker_config;
mod host;
mod http;
mod logins;
mod lookup;
mod manifest;
mod proxy;
mod retry;
mod secret;
mod sender;
mod settings;
mod token;
mod trouble;

pub use client::Client;
pub use lookup::MANIFEST_BYTES;
pub use proxy::Proxies;
pub use settings::{HelperOutput, RunHelper, Setting, Settings, SettingsFault};
