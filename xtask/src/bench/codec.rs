//! Decoding and encoding a certificate, beside the bare parsers over the same bytes.

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use certgate_domain::TaskKind;
use certgate_json::JsonCodec;
use certgate_wire::{Codec, Reply};
use certgate_xml::XmlCodec;
use quick_xml::{Reader, events::Event};

use super::{samples::Samples, verdict};
use crate::Failure;

const KIND: TaskKind = TaskKind::CertificateInfo;

/// Rounds of all subjects in turn, so that a slow moment of the machine hits all alike; the fastest round counts.
const ROUNDS: usize = 600;
/// Runs in a round.
const RUNS: u32 = 10;

/// Most of the time that a bare parser takes. For XML 2.0 is hoped for: the bare parser makes no tree.
const XML_AIM: f64 = 2.6;
const JSON_AIM: f64 = 1.0;

struct Subject {
    name: &'static str,
    run: Box<dyn Fn()>,
}

/// In the order in which [`times`] takes them apart.
fn subjects() -> Result<[Subject; 6], Failure> {
    let Samples { xml, json } = Samples::read()?;
    println!("certificate-info: {} bytes of XML, {} bytes of JSON", xml.len(), json.len());
    let (xml_bare, json_bare) = (xml.clone(), json.clone());
    let (xml, json) = (Reply::of(xml), Reply::of(json));
    let decode = |codec: &dyn Codec, reply: &Reply| {
        codec.decode_response(KIND, reply).map(|decoded| (KIND, decoded.value)).map_err(|error| error.to_string())
    };
    let xml_value = [decode(&XmlCodec::default(), &xml)?];
    let json_value = [decode(&JsonCodec::default(), &json)?];
    count_events(&xml_bare)?;
    Ok([
        subject("XML  bare event loop", move || drop(black_box(count_events(black_box(&xml_bare))))),
        subject("XML  decode", {
            let codec = XmlCodec::default();
            move || drop(black_box(codec.decode_response(KIND, black_box(&xml))))
        }),
        subject("XML  encode", {
            let codec = XmlCodec::default();
            move || drop(black_box(codec.encode_responses(black_box(&xml_value))))
        }),
        subject("JSON serde_json::Value", move || {
            drop(black_box(serde_json::from_slice::<serde_json::Value>(black_box(&json_bare))));
        }),
        subject("JSON decode", {
            let codec = JsonCodec::default();
            move || drop(black_box(codec.decode_response(KIND, black_box(&json))))
        }),
        subject("JSON encode", {
            let codec = JsonCodec::default();
            move || drop(black_box(codec.encode_responses(black_box(&json_value))))
        }),
    ])
}

fn subject(name: &'static str, run: impl Fn() + 'static) -> Subject {
    Subject { name, run: Box::new(run) }
}

fn count_events(xml: &[u8]) -> Result<usize, Failure> {
    let mut reader = Reader::from_reader(xml);
    let mut events = 0;
    loop {
        match reader.read_event() {
            Ok(Event::Eof) => return Ok(events),
            Ok(event) => {
                black_box(event);
                events += 1;
            }
            Err(error) => return Err(error.to_string()),
        }
    }
}

pub(super) fn times() -> Result<(), Failure> {
    let subjects = subjects()?;
    let mut fastest = [Duration::MAX; 6];
    for _ in 0..ROUNDS {
        for (subject, fastest) in subjects.iter().zip(&mut fastest) {
            let start = Instant::now();
            for _ in 0..RUNS {
                (subject.run)();
            }
            *fastest = start.elapsed().min(*fastest);
        }
    }
    let micros = fastest.map(|round| round.as_secs_f64() * 1e6 / f64::from(RUNS));
    for (subject, micros) in subjects.iter().zip(micros) {
        println!("{:24} {micros:8.2} µs", subject.name);
    }
    let [xml_bare, xml_decode, xml_encode, json_bare, json_decode, json_encode] = micros;
    println!("XML  decode to bare       {}", verdict(xml_decode / xml_bare, XML_AIM));
    println!("JSON decode to bare       {}", verdict(json_decode / json_bare, JSON_AIM));
    println!("XML  encode to decode     {:.2}", xml_encode / xml_decode);
    println!("JSON encode to decode     {:.2}", json_encode / json_decode);
    Ok(())
}

#[cfg(feature = "count-allocations")]
pub(super) fn allocations() -> Result<(), Failure> {
    use std::alloc::System;

    use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

    #[global_allocator]
    static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

    for Subject { name, run } in &subjects()? {
        run();
        let region = Region::new(ALLOCATOR);
        run();
        let stats = region.change();
        println!(
            "{name:24} {:6} allocations, {:3} reallocations, {:7} bytes",
            stats.allocations, stats.reallocations, stats.bytes_allocated
        );
    }
    Ok(())
}

#[cfg(not(feature = "count-allocations"))]
pub(super) fn allocations() -> Result<(), Failure> {
    Err("counts only with the feature count-allocations; see `cargo xtask bench codec`".to_owned())
}
