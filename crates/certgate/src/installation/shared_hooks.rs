//! Hooks that do the same for every certificate run once for all that a run put in place.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};

use certgate_store::DeployHook;

use super::{Deployment, Installation, absolute};
use crate::{served::LOOKS, together::together};

/// Commands that change nothing by what certificate they are run for.
const PLAIN: &[&str] =
    &["echo", "printf", "true", "false", ":", "test", "[", "exit", "touch", "sleep", "logger", "sync"];

/// Commands that have a server read its files again, with one of [`RELOADS`].
const RELOADERS: &[&str] = &[
    "systemctl",
    "service",
    "rc-service",
    "rcctl",
    "sv",
    "supervisorctl",
    "nginx",
    "apachectl",
    "apache2ctl",
    "httpd",
    "postfix",
    "dovecot",
    "doveadm",
];

/// What is asked of a server that reads its files again, or whether it could.
const RELOADS: &[&str] = &[
    "reload",
    "restart",
    "try-restart",
    "reload-or-restart",
    "try-reload-or-restart",
    "force-reload",
    "graceful",
    "hup",
    "-t",
    "configtest",
    "check",
];

/// Where the system's own commands are.
const SYSTEM_FOLDERS: &[&str] = &["/bin/", "/sbin/", "/usr/bin/", "/usr/sbin/"];

impl Installation {
    /// Whether its hook may run once for several certificates: it does the same for each, and nothing is taken back where it fails,
    /// since one that turns down one certificate would take back all.
    pub fn shares_hook(&self) -> bool {
        self.options().hook.as_ref().is_some_and(|hook| !hook.rollback && is_the_same_for_all(&hook.command))
    }

    /// The hook, and the folder that it runs in.
    fn hook_in_folder(&self) -> Option<(&DeployHook, PathBuf)> {
        Some((self.options().hook.as_ref()?, absolute(&self.options().working_folder)))
    }
}

/// A hook that ran, with the folder that it ran in, and what came of it.
type Ran<'h> = (Option<(&'h DeployHook, PathBuf)>, Result<(), String>);

/// Runs the hooks of what is in place in these folders, the same ones (command, folder it runs in, time) once, and records what came of
/// them for each folder; servers are waited for together. Whoever calls has the folders for itself, and each hook [is shared](Installation::shares_hook).
pub fn deploy_together(installations: &[Installation]) -> Vec<Deployment> {
    let mut ran: Vec<Ran<'_>> = Vec::new();
    let mut ended = Vec::new();
    for installation in installations {
        let hook = installation.hook_in_folder();
        let before = ran.iter().find(|(before, _)| *before == hook).map(|(_, result)| result.clone());
        let result = before.unwrap_or_else(|| {
            let result = installation.run_hook();
            ran.push((hook, result.clone()));
            result
        });
        ended.push((installation, result));
    }
    together(&ended, LOOKS, |(installation, result)| installation.end_deployment(result.clone()))
}

/// Repeats the hooks of what is in place in these folders, the same ones once where they are shared, and gives what came of each, by its folder. What
/// another process is at, or cannot be used, is left out.
pub(crate) fn repeat_hooks(installations: Vec<Installation>) -> HashMap<PathBuf, Deployment> {
    let (mut turns, mut shared, mut own) = (Vec::new(), Vec::new(), Vec::new());
    for installation in installations {
        let is_left = || installation.shares_hook() && installation.is_left_to_deploy().unwrap_or_default();
        match installation.lock().ok().flatten().filter(|_| is_left()) {
            Some(turn) => {
                turns.push(turn);
                shared.push(installation);
            }
            None => own.push(installation),
        }
    }
    let folder = |installation: &Installation| installation.folder().to_owned();
    let mut deployments: HashMap<_, _> = shared.iter().map(folder).zip(deploy_together(&shared)).collect();
    deployments.extend(own.iter().filter_map(|one| Some((folder(one), one.repeat_hook().ok()??))));
    deployments
}

/// Whether a command does the same whichever certificate it is run for. It has to be made of nothing but commands that are known to look
/// at none of the variables of a hook: a script may read them, and nobody can tell.
fn is_the_same_for_all(command: &str) -> bool {
    let plain = command.replace("2>&1", " ").replace(">&2", " ");
    let mut commands = plain.split([';', '&', '|', '\n']).map(str::trim).filter(|one| !one.is_empty()).peekable();
    let is_simple = !plain.contains("CERTGATE_") && !plain.contains(['$', '`', '(', ')', '{', '}', '<', '\\']);
    is_simple && commands.peek().is_some() && commands.all(is_known)
}

/// Whether a single command is one of those.
fn is_known(command: &str) -> bool {
    let mut words = command.split_whitespace().skip_while(|word| *word == "sudo");
    let Some(program) = words.next() else { return false };
    let by_path = SYSTEM_FOLDERS.iter().find_map(|folder| program.strip_prefix(folder));
    let program = by_path.filter(|name| Path::new(name).components().count() == 1).unwrap_or(program);
    PLAIN.contains(&program) || (RELOADERS.contains(&program) && words.any(|word| RELOADS.contains(&word)))
}

#[cfg(test)]
mod tests {
    use super::is_the_same_for_all;

    #[test]
    fn a_hook_is_shared_only_where_it_is_known_to_look_at_no_certificate() {
        for command in [
            "systemctl reload nginx",
            "/usr/bin/systemctl try-reload-or-restart apache2.service",
            "sudo systemctl --quiet reload nginx",
            "nginx -t && nginx -s reload",
            "nginx -t 2>&1 | logger -t certgate; service haproxy reload || exit 1",
            "apachectl graceful",
            "echo reloaded >> reloads",
            "touch reloaded",
            "exit 3",
        ] {
            assert!(is_the_same_for_all(command), "{command}");
        }
        for command in [
            "",
            ";",
            "./hook.sh",
            "sh ./hook.sh # systemctl reload nginx",
            "/usr/local/bin/reload",
            "/usr/bin/local/systemctl reload nginx",
            "systemctl start deploy",
            "systemctl --user import-environment",
            "echo $CERTGATE_NAME",
            "sudo --preserve-env=CERTGATE_DIR ./reload",
            "env",
            "echo `env`",
            "touch x && ./reload",
            "echo x | ./reload",
            "echo x\n./reload",
            "(systemctl reload nginx)",
            "NAME=x systemctl reload nginx",
            "docker exec web nginx -s reload",
            "systemctl reload \"$SERVER\"",
        ] {
            assert!(!is_the_same_for_all(command), "{command}");
        }
    }
}
