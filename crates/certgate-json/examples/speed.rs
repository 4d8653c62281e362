use certgate_wire::Codec;
fn main() {
    let body = include_bytes!("../../../fixtures/certificate-info/documented/response.json");
    let codec = certgate_json::JsonCodec::default();
    let reply = certgate_wire::Reply::of(body.to_vec());
    for _ in 0..5 {
        let t = std::time::Instant::now();
        for _ in 0..20000 {
            std::hint::black_box(serde_json::from_slice::<serde_json::Value>(std::hint::black_box(body)).unwrap());
        }
        let v = t.elapsed();
        let t = std::time::Instant::now();
        for _ in 0..20000 {
            std::hint::black_box(
                codec
                    .decode_response(certgate_domain::TaskKind::CertificateInfo, std::hint::black_box(&reply))
                    .unwrap(),
            );
        }
        let d = t.elapsed();
        println!("value {:?} decode {:?} ratio {:.2}", v / 20000, d / 20000, d.as_secs_f64() / v.as_secs_f64());
    }
}
