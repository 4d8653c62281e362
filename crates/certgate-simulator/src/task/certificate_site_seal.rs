use certgate_domain::{AnyData, Response, SiteSealInformation, task::CertificateSiteSeal, words::StatusType};

use crate::{
    task::Asked,
    world::{World, answer, object, refusal, wrong_id},
};

pub(super) fn run(world: &mut World, task: &CertificateSiteSeal, _: &Asked<'_>) -> Response<AnyData> {
    let Some(certificate) = task.id.and_then(|id| world.certificates.get(&id)) else {
        return refusal("E4001014", wrong_id("certificate.id", task.id));
    };
    let name = certificate.name.as_deref().unwrap_or_default();
    let seal = SiteSealInformation {
        size: Some("medium".to_owned()),
        html: Some(format!(
            "<a href=\"https://seal.example/{name}\"><img src=\"https://seal.example/{name}.png\"></a>"
        )),
        icon: Some(format!("https://seal.example/{name}.png")),
        ..SiteSealInformation::default()
    };
    let mut answer = answer("S4001014", "The site seal was inquired successfully.", StatusType::Success);
    answer.object = object("certificate", Some(name));
    answer.data.push(seal.into());
    answer
}
