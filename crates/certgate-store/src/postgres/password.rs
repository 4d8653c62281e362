//! The password of the database's role, from the usual places of libpq.

use std::{env, path::PathBuf};

use tokio_postgres::{Config, config::Host};

use crate::{PasswordCommand, StoreError};

/// The port that a URL may leave out.
pub(super) const PORT: u16 = 5432;

/// Where the password may come from besides the environment and libpq's file.
#[derive(Clone, Default)]
pub(super) struct PasswordSources {
    pub(super) command: Option<PasswordCommand>,
}

/// What was found.
pub(super) enum Password {
    Found(String),
    /// None; and why a file of passwords was passed over, if there is one.
    Absent(Option<String>),
}

impl PasswordSources {
    /// `PGPASSWORD`, else what the command prints, else the line of libpq's file (`PGPASSFILE`, `~/.pgpass`).
    pub(super) fn read(&self, config: &Config, place: &str) -> Result<Password, StoreError> {
        if let Some(password) = env::var("PGPASSWORD").ok().filter(|password| !password.is_empty()) {
            return Ok(Password::Found(password));
        }
        if let Some(command) = &self.command {
            return command().map(Password::Found).map_err(|why| StoreError::unwritable(place, why));
        }
        let Some(path) = file() else { return Ok(Password::Absent(None)) };
        match certgate_files::read_secret(&path) {
            Ok(bytes) => {
                let text = String::from_utf8_lossy(&bytes);
                Ok(of_lines(&text, &Key::of(config)).map_or(Password::Absent(None), Password::Found))
            }
            Err(why) if why.is_not_found() => Ok(Password::Absent(None)),
            // Like libpq, which goes on without a file that others can read.
            Err(why) => Ok(Password::Absent(Some(why.to_string()))),
        }
    }
}

/// libpq's file of passwords.
fn file() -> Option<PathBuf> {
    let named = env::var_os("PGPASSFILE").filter(|file| !file.is_empty()).map(PathBuf::from);
    named.or_else(|| Some(PathBuf::from(env::var_os("HOME").filter(|home| !home.is_empty())?).join(".pgpass")))
}

/// What a line of the file is looked up by.
struct Key {
    fields: [String; 4],
}

impl Key {
    fn of(config: &Config) -> Self {
        let host = match config.get_hosts().first() {
            Some(Host::Tcp(host)) => host.clone(),
            // libpq has a socket's folder under this name.
            _ => "localhost".to_owned(),
        };
        let port = config.get_ports().first().copied().unwrap_or(PORT).to_string();
        let user = config.get_user().map(str::to_owned).or_else(|| env::var("USER").ok()).unwrap_or_default();
        let database = config.get_dbname().map_or_else(|| user.clone(), str::to_owned);
        Self { fields: [host, port, database, user] }
    }
}

/// The password of the first line that fits: `host:port:database:user:password`, where `*` is anything and `\` takes the next
/// character as it is.
fn of_lines(text: &str, key: &Key) -> Option<String> {
    text.lines().filter(|line| !line.starts_with('#')).find_map(|line| {
        let mut fields = fields(line).into_iter();
        for expected in &key.fields {
            let found = fields.next()?;
            if found != "*" && found != *expected {
                return None;
            }
        }
        fields.next()
    })
}

/// The fields of a line.
fn fields(line: &str) -> Vec<String> {
    let (mut fields, mut field) = (Vec::new(), String::new());
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => field.extend(characters.next()),
            ':' if fields.len() < 4 => fields.push(std::mem::take(&mut field)),
            other => field.push(other),
        }
    }
    fields.push(field);
    fields
}

#[cfg(test)]
mod tests {
    use super::{Key, of_lines};

    #[test]
    fn the_first_line_that_fits_has_the_password() {
        let file = "# host:port:database:user:password\n\
                    db:5432:orders:other:wrong\n\
                    \n\
                    db:5432:orders:me:a\\:b\\\\c:d\n\
                    *:*:*:me:any\n\
                    short:5432\n";
        for (fields, expected) in [
            (["db", "5432", "orders", "me"], Some("a:b\\c:d")),
            (["db", "5433", "orders", "me"], Some("any")),
            (["db", "5432", "orders", "other"], Some("wrong")),
            (["db", "5432", "orders", "nobody"], None),
            (["short", "5432", "orders", "nobody"], None),
        ] {
            let key = Key { fields: fields.map(str::to_owned) };
            assert_eq!(of_lines(file, &key).as_deref(), expected, "{fields:?}");
        }
    }
}
