//! The two tapes of a bridge that asks on both sides.

use std::sync::Arc;

use certgate::{Client, Interceptor, Settings, tape::Tape};
use certgate_bridge::Sides;
use certgate_files::make_private_folder;

use crate::{
    app::{App, recorded},
    exit::Failure,
};

/// What each side answered; nothing where nothing is recorded.
pub(crate) struct Tapes(Option<[Tape; 2]>);

impl Tapes {
    /// Those below the folder of `--record`.
    pub(crate) fn open(app: &App, settings: &Settings, is_shadow: bool) -> Result<Self, Failure> {
        let Some(folder) = app.record.as_ref().filter(|_| is_shadow) else { return Ok(Self(None)) };
        make_private_folder(folder).map_err(|why| Failure::unwritten(&why))?;
        let (stand_ins, is_live) = (settings.stand_ins.value, settings.is_live());
        let [front, behind] = ["front", "behind"].map(|side| Tape::record(&folder.join(side), stand_ins, is_live));
        Ok(Self(Some([recorded(front)?, recorded(behind)?])))
    }

    /// The sides of a comparison, each recorded on its tape.
    pub(crate) fn sides(&self, behind: Client, beside: Client) -> Sides {
        let Some([front, back]) = &self.0 else { return Sides { behind, beside, recorder: None } };
        let recorder: Arc<dyn Interceptor> = Arc::new(front.clone());
        Sides { behind: behind.with_interceptor(Arc::new(back.clone())), beside, recorder: Some(recorder) }
    }

    /// Ends them.
    pub(crate) fn finish(&self) -> Result<(), Failure> {
        self.0.iter().flatten().try_for_each(|tape| Ok(tape.finish()?))
    }
}
