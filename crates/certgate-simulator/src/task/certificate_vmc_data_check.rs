use certgate_domain::{AnyData, Response, task::CertificateVmcDataCheck, words::StatusType};

use crate::{
    task::Asked,
    world::{World, answer, object, refusal, wrong_value},
};

pub(super) fn run(_: &mut World, task: &CertificateVmcDataCheck, _: &Asked<'_>) -> Response<AnyData> {
    let Some(name) = task.check.name.as_deref() else {
        return refusal("E4001015", wrong_value("vmc_check_data.name", ""));
    };
    let mut answer = answer("S4001015", "The data were checked successfully.", StatusType::Success);
    answer.object = object("certificate", Some(name));
    answer.data.push(task.check.clone().into());
    answer
}
