//! The man page, in roff.

use std::io;

use clap::Command;
use clap_mangen::Man;

/// The page of a command and all below it.
pub(crate) fn page(command: Command) -> io::Result<String> {
    let mut page = Vec::new();
    let man = Man::new(command.clone());
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    let mut page = String::from_utf8_lossy(&page).into_owned();
    // Not the built command: there the global options stand under every one.
    for command in command.get_subcommands() {
        add(&mut page, "certgate", command)?;
    }
    Ok(page)
}

/// A section a command, its own sections below.
fn add(page: &mut String, parent: &str, command: &Command) -> io::Result<()> {
    let name = format!("{parent} {}", command.get_name());
    let man = Man::new(command.clone().bin_name(&name).disable_help_flag(true).disable_help_subcommand(true));
    let mut section = Vec::new();
    man.render_synopsis_section(&mut section)?;
    man.render_description_section(&mut section)?;
    if command.get_arguments().next().is_some() {
        man.render_options_section(&mut section)?;
    }
    man.render_extra_section(&mut section)?;
    *page += &format!(".SH \"{}\"\n", name.to_uppercase());
    for line in String::from_utf8_lossy(&section).lines() {
        *page += &match line.strip_prefix(".SH ") {
            Some(title) => format!(".SS {title}\n"),
            None => format!("{line}\n"),
        };
    }
    command.get_subcommands().try_for_each(|command| add(page, &name, command))
}

#[cfg(test)]
mod tests {
    use clap::{Command, CommandFactory};

    use super::page;
    use crate::cli::Arguments;

    #[test]
    fn each_command_and_option_is_there() {
        // A hyphen is `\-` in roff.
        let page = page(Arguments::command()).unwrap().replace("\\-", "-");
        assert_eq!(page.matches(".TH ").count(), 1);
        look(&page, "certgate", &Arguments::command());
    }

    fn look(page: &str, name: &str, command: &Command) {
        for argument in command.get_arguments().filter(|argument| !argument.is_hide_set()) {
            let shown = match argument.get_long() {
                Some(long) => format!("--{long}"),
                None => match argument.get_value_names() {
                    Some([name, ..]) => name.to_string(),
                    _ => argument.get_id().as_str().to_uppercase(),
                },
            };
            // The top's own stand before the first command's section.
            let mut sections = page.split(".SH \"CERTGATE ");
            let section = match name.strip_prefix("certgate ") {
                None => sections.next(),
                Some(name) => sections.find(|section| section.starts_with(&format!("{}\"\n", name.to_uppercase()))),
            };
            assert!(section.unwrap().to_uppercase().contains(&shown.to_uppercase()), "{name}: {shown}");
        }
        for subcommand in command.get_subcommands() {
            look(page, &format!("{name} {}", subcommand.get_name()), subcommand);
        }
    }
}
