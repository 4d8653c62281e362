//! What a binary is made of: a CycloneDX document of the packages that are compiled into it.

#![allow(
    clippy::indexing_slicing,
    reason = "a member of a JSON value that is not there is null, and one is added by index"
)]

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use toml::Table;

use super::metadata;
use crate::{Failure, repository};

/// What it is called in the archive.
pub(super) const FILE: &str = "sbom.cdx.json";

/// The document of that package. It says no time, so that it is the same for the same lock file.
pub(super) fn of(package: &str) -> Result<String, Failure> {
    let metadata = metadata()?;
    let lock =
        std::fs::read_to_string(repository::root().join("Cargo.lock")).map_err(|why| format!("Cargo.lock: {why}"))?;
    let lock: Table = toml::from_str(&lock).map_err(|why| format!("Cargo.lock: {why}"))?;
    Ok(format!("{:#}\n", document(&metadata, &lock, package)?))
}

fn document(metadata: &Value, lock: &Table, package: &str) -> Result<Value, Failure> {
    let packages: BTreeMap<&str, &Value> =
        list(&metadata["packages"]).map(|package| (text(&package["id"]), package)).collect();
    let nodes: BTreeMap<&str, &Value> =
        list(&metadata["resolve"]["nodes"]).map(|node| (text(&node["id"]), node)).collect();
    let root = packages.iter().find(|(_, found)| text(&found["name"]) == package).map(|(id, _)| *id);
    let root = root.ok_or_else(|| format!("there is no package {package}"))?;
    // Only what is compiled in: neither tests nor build scripts have a part in it.
    let needs = |id: &str| -> Vec<&str> {
        let dependencies = nodes.get(id).map(|node| list(&node["deps"])).into_iter().flatten();
        let is_normal = |dependency: &&Value| list(&dependency["dep_kinds"]).any(|kind| kind["kind"].is_null());
        dependencies.filter(is_normal).map(|dependency| text(&dependency["pkg"])).collect()
    };
    let (mut seen, mut open) = (BTreeSet::from([root]), vec![root]);
    while let Some(id) = open.pop() {
        open.extend(needs(id).into_iter().filter(|id| seen.insert(id)));
    }
    let component = |id: &str| packages.get(id).map(|package| component(package, lock));
    let components: Vec<Value> = seen.iter().filter(|id| **id != root).filter_map(|id| component(id)).collect();
    let reference = |id: &str| packages.get(id).map(|package| purl(package)).unwrap_or_default();
    let dependencies: Vec<Value> = seen
        .iter()
        .map(|id| json!({ "ref": reference(id), "dependsOn": needs(id).into_iter().map(reference).collect::<BTreeSet<_>>() }))
        .collect();
    let mut application = component(root).unwrap_or_default();
    application["type"] = json!("application");
    Ok(json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": { "component": application },
        "components": components,
        "dependencies": dependencies,
    }))
}

fn component(package: &Value, lock: &Table) -> Value {
    let (name, version) = (text(&package["name"]), text(&package["version"]));
    let mut component =
        json!({ "type": "library", "bom-ref": purl(package), "name": name, "version": version, "purl": purl(package) });
    if let Some(license) = package["license"].as_str() {
        // Before SPDX had expressions, crates wrote a slash.
        component["licenses"] = json!([{ "expression": license.replace('/', " OR ") }]);
    }
    let locked = lock.get("package").and_then(toml::Value::as_array).into_iter().flatten();
    let is_it = |locked: &&toml::Value| {
        let said = |key| locked.get(key).and_then(toml::Value::as_str);
        said("name") == Some(name) && said("version") == Some(version)
    };
    if let Some(sum) = locked.clone().find(is_it).and_then(|locked| locked.get("checksum")?.as_str()) {
        component["hashes"] = json!([{ "alg": "SHA-256", "content": sum }]);
    }
    component
}

fn purl(package: &Value) -> String {
    format!("pkg:cargo/{}@{}", text(&package["name"]), text(&package["version"]))
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// Whether a document names what it depends on, each with its licence, and what is not ours with its sum.
pub(super) fn check(document: &str) -> Result<(), Failure> {
    let document: Value = serde_json::from_str(document).map_err(|why| format!("{FILE}: {why}"))?;
    let known: BTreeSet<&str> = list(&document["components"])
        .chain([&document["metadata"]["component"]])
        .map(|one| text(&one["bom-ref"]))
        .collect();
    let lacks = |one: &&Value| {
        one["licenses"].is_null() || (one["hashes"].is_null() && !text(&one["name"]).starts_with("certgate"))
    };
    if let Some(one) = list(&document["components"]).find(lacks) {
        return Err(format!("{FILE}: {} has no licence or no sum", text(&one["bom-ref"])));
    }
    let named = list(&document["dependencies"]).flat_map(|one| list(&one["dependsOn"]));
    match named.map(text).find(|reference| !known.contains(reference)) {
        Some(unknown) => Err(format!("{FILE}: {unknown} is depended on, and is no component")),
        None if known.len() < 50 => Err(format!("{FILE}: only {} components", known.len())),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;
    use serde_json::json;

    use super::document;

    #[test]
    fn what_is_compiled_in_with_licences_and_sums() {
        let package = |name: &str| json!({ "id": name, "name": name, "version": "1.0.0", "license": "MIT/Apache-2.0" });
        let needs = |name: &str, kind: serde_json::Value| json!({ "pkg": name, "dep_kinds": [{ "kind": kind }] });
        let packages = ["own", "used", "deep", "tested", "built"].map(package);
        let metadata = json!({
            "packages": packages,
            "resolve": { "nodes": [
                { "id": "own", "deps": [needs("used", json!(null)), needs("tested", json!("dev")), needs("built", json!("build"))] },
                { "id": "used", "deps": [needs("deep", json!(null))] },
                { "id": "deep", "deps": [] },
            ] },
        });
        let lock = toml::from_str("[[package]]\nname = \"deep\"\nversion = \"1.0.0\"\nchecksum = \"abc\"\n").unwrap();
        let found = document(&metadata, &lock, "own").unwrap();
        assert_eq!(found["metadata"]["component"]["purl"], "pkg:cargo/own@1.0.0");
        assert_eq!(found["metadata"]["component"]["type"], "application");
        let names: Vec<&str> =
            found["components"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
        assert_eq!(names, ["deep", "used"]);
        assert_eq!(found["components"][0]["hashes"], json!([{ "alg": "SHA-256", "content": "abc" }]));
        assert_eq!(found["components"][1]["licenses"], json!([{ "expression": "MIT OR Apache-2.0" }]));
        let dependencies = json!([
            { "ref": "pkg:cargo/deep@1.0.0", "dependsOn": [] },
            { "ref": "pkg:cargo/own@1.0.0", "dependsOn": ["pkg:cargo/used@1.0.0"] },
            { "ref": "pkg:cargo/used@1.0.0", "dependsOn": ["pkg:cargo/deep@1.0.0"] },
        ]);
        assert_eq!(found["dependencies"], dependencies);
        assert_eq!(document(&metadata, &lock, "other"), Err("there is no package other".to_owned()));
    }
}
