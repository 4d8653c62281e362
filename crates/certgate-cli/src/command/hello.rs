//! `certgate hello`.

use certgate_domain::task::Hello;

use crate::{args::Global, command::call::exchange, exit::Failure, ui::document};

pub(crate) fn run(global: &Global) -> Result<u8, Failure> {
    let exchange = exchange(global, &Hello.into())?;
    if global.json() {
        document::answer(global, &exchange)?;
    } else {
        document::line("the gateway answers and takes the credentials");
        document::judge(global, &exchange.answer.findings)?;
    }
    Ok(0)
}
