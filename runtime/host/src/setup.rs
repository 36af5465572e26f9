//! Opening the data folder: cure what a crash left, put the library's prompts in place, take in a first office.

use std::path::Path;

use flow_store::{By, Error, Extension, Import, ImportReport, NewSecret, Page, Store};
use serde_json::{Value, json};

use crate::clock::wall_ms;
use crate::{client, findings, folder, library};

/// Who acts when no person does.
const ACTOR: &str = "flowpbx";

/// Why the data can't be used; printed as it is.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct SetupError(pub String);

impl From<Error> for SetupError {
    fn from(error: Error) -> SetupError {
        SetupError(error.to_string())
    }
}

/// Opens a data folder for this process.
///
/// # Errors
/// When another process has it, or it can't be read, cured or written.
pub fn open(data_dir: &Path) -> Result<Store, SetupError> {
    let mut store = Store::open(data_dir, flow_call::effects(), wall_ms())?;
    let done = store.recover(wall_ms())?;
    if done.closed_calls > 0 || done.voicemail.salvaged > 0 {
        tracing::warn!(
            calls = done.closed_calls,
            voicemail = done.voicemail.salvaged,
            "the server didn't stop in order; open call records were closed, interrupted voicemail was kept"
        );
    }
    let by = By { actor: ACTOR, now_ms: wall_ms() };
    library::with_prompts(|prompts| store.install_prompts(prompts, by))?;
    Ok(store)
}

/// Imports and publishes a folder if the office is empty. Gives the passwords that were made.
///
/// # Errors
/// When the folder can't be read or is refused; its findings are in the text.
pub fn first_office(store: &mut Store, dir: &Path) -> Result<Vec<NewSecret>, SetupError> {
    let page = Page::new(1, 0);
    if !store.flows(page)?.is_empty() || !store.entities::<Extension>(page)?.is_empty() {
        tracing::info!(office = %dir.display(), "the data folder holds an office already; nothing was imported");
        return Ok(Vec::new());
    }
    Ok(import(store, dir, true)?.0.secrets)
}

/// Imports a folder without a server. Gives the report and what to print of it.
///
/// # Errors
/// When the folder can't be read or is refused; its findings are in the text.
pub fn import(store: &mut Store, dir: &Path, publish: bool) -> Result<(ImportReport, String), SetupError> {
    let files = folder::read(dir).map_err(SetupError)?;
    let import = Import { files, publish };
    let by = By { actor: ACTOR, now_ms: wall_ms() };
    let report = store.import(&import, by).map_err(|e| refusal(&e, &import))?;
    let secret =
        |s: &NewSecret| json!({ "username": s.username, "secret": s.secret.reveal(), "label": s.label });
    let view = json!({
        "rows": report.rows,
        "published": report.published,
        "warnings": report.warnings,
        "secrets": report.secrets.iter().map(secret).collect::<Vec<Value>>(),
    });
    let printed = client::import_summary(&view, &import.files);
    Ok((report, printed))
}

fn refusal(error: &Error, import: &Import) -> SetupError {
    let found = match error {
        Error::Refused { diagnostics, .. } | Error::ImportRefused { diagnostics } => diagnostics.as_slice(),
        Error::Sqlite(_)
        | Error::Migration(_)
        | Error::File { .. }
        | Error::InUse(_)
        | Error::Key(_)
        | Error::NotFound { .. }
        | Error::Invalid(_)
        | Error::BadProgram { .. }
        | Error::Random(_)
        | Error::Busy => &[],
    };
    let found: Vec<Value> = found.iter().map(|d| json!(d)).collect();
    SetupError(format!("{}{error}", findings::render(&found, &import.files)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::welcome::{Places, text};

    const OFFICE: &str = "extension 101 \"Ann\"\nflow main {\n  entry in: inbound_number \"+61299998888\" -> ann\n  \
                          ann: extension 101 { no_answer -> bye }\n  bye: hangup\n}\n";

    #[test]
    fn a_first_office_is_taken_once_and_its_passwords_shown_once() {
        let (data, office) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        std::fs::write(office.path().join("main.flow"), OFFICE).unwrap();
        let mut store = open(data.path()).unwrap();
        let secrets = first_office(&mut store, office.path()).unwrap();
        let [secret] = secrets.as_slice() else { panic!("one phone") };
        let sip = "192.0.2.1:5060".parse().unwrap();
        let places = Places { data_dir: data.path(), sip, http: "127.0.0.1:8080".parse().unwrap() };
        let shown = text(&store, places, &secrets).unwrap();
        for word in [secret.secret.reveal(), "+61299998888", "Ann", "192.0.2.1:5060"] {
            assert!(shown.contains(word), "{word} is missing:\n{shown}");
        }
        assert!(first_office(&mut store, office.path()).unwrap().is_empty());
        assert!(!text(&store, places, &[]).unwrap().contains(secret.secret.reveal()));
    }

    #[test]
    fn a_refused_office_says_where_it_is_wrong() {
        let (data, office) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let wrong = OFFICE.replace("no_answer -> bye", "no_answer -> nobody");
        std::fs::write(office.path().join("main.flow"), wrong).unwrap();
        let mut store = open(data.path()).unwrap();
        let error = first_office(&mut store, office.path()).unwrap_err().to_string();
        assert!(error.contains("main.flow:4:"), "{error}");
    }

    #[test]
    fn what_this_server_cannot_do_is_refused_by_name() {
        let (data, office) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let away = OFFICE.replace("no_answer -> bye", "no_answer -> away");
        let away = away.replace("  bye: hangup", "  away: transfer { number = \"+61411111111\" }");
        std::fs::write(office.path().join("main.flow"), away).unwrap();
        let mut store = open(data.path()).unwrap();
        let error = first_office(&mut store, office.path()).unwrap_err().to_string();
        assert!(error.contains("transferring calls (`away`)"), "{error}");
        std::fs::write(office.path().join("main.flow"), format!("{OFFICE}conference weekly\n")).unwrap();
        let error = first_office(&mut store, office.path()).unwrap_err().to_string();
        assert!(error.contains("conference `weekly`"), "{error}");
        assert!(store.flows(Page::new(1, 0)).unwrap().is_empty());
    }

    #[test]
    fn the_sample_offices_are_taken_in_both_views() {
        let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
        let sound = "prompts/main-menu.wav";
        let live = |dir: &str| {
            let (data, office) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
            for entry in std::fs::read_dir(examples.join(dir)).unwrap().map(Result::unwrap) {
                if entry.file_type().unwrap().is_file() {
                    std::fs::copy(entry.path(), office.path().join(entry.file_name())).unwrap();
                }
            }
            // Both views share one recording.
            std::fs::create_dir(office.path().join("prompts")).unwrap();
            std::fs::copy(examples.join("office").join(sound), office.path().join(sound)).unwrap();
            let mut store = open(data.path()).unwrap();
            first_office(&mut store, office.path()).unwrap();
            let flows = store.live_flows().unwrap();
            flows.into_iter().map(|f| f.map(|f| (f.flow, f.program_hash)).unwrap()).collect::<Vec<_>>()
        };
        assert!(!live("office").is_empty());
        assert_eq!(live("office"), live("office-json"));
    }
}
