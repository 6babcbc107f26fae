//! Docker Official Images, with those of .NET: `base-images.yaml` has the tags that are there now and the ends of
//! their versions, `gone-tags.txt` the tags that were there once.

mod choices;
mod current;
mod dotnet;
mod ends;
mod gone;
mod library;

use crate::{Made, Places};
use choices::Choices;

pub fn make(places: &Places) -> anyhow::Result<Vec<Made>> {
    let choices = Choices::read(&places.root.join("data/image-choices.yaml"))?;
    let mut images = library::read(&places.sources.join("official-images/library"))?;
    images.extend(dotnet::read(&places.sources.join("dotnet"))?);
    let ends = ends::read(&places.sources.join("endoflife"), &choices, images.keys())?;
    let gone = gone::text(places, &images)?;
    let text = current::text(&places.date, &choices, &images, &ends);
    Ok(vec![Made { path: "base-images.yaml", text }, Made { path: "gone-tags.txt", text: gone }])
}
