//! Checks all services of a project.

use super::request::Request;
use super::service::ServiceCheck;
use crate::error::Result;
use crate::finding::Findings;
use crate::image::{Catalogue, CatalogueCache};
use crate::threads;

/// Checks every service for every target.
///
/// # Errors
/// When the other program fails.
pub fn run(request: &Request) -> Result<Findings> {
    let services = request.services.list();
    let parts = threads::share(&mut vec![(); request.jobs.max(1)], 0..services.len(), 8, |(), part| {
        let mut findings = Findings::default();
        let cache = CatalogueCache::new(Catalogue::new(request.registry));
        for service in &services[part] {
            ServiceCheck::new(request, service, &cache, &mut findings).run()?;
        }
        Ok(findings)
    });
    let mut all = Findings::default();
    for part in parts {
        all.append(part?);
    }
    Ok(all)
}
