//! The tape around a gateway's exchanges, where there is one.

#[cfg(feature = "tapes")]
mod with_tapes {
    use std::sync::Arc;

    use certgate_client::{Client, Transport};
    #[cfg(feature = "orders")]
    use certgate_domain::TaskKind;
    use certgate_tape::{Mode, Offline, Tape};

    /// The tape, where there is one.
    #[derive(Debug, Clone, Default)]
    pub(in crate::gateway) struct Recording(pub(in crate::gateway) Option<Tape>);

    impl Recording {
        /// The tape that answers in the gateway's place.
        fn replayed(&self) -> Option<&Tape> {
            self.0.as_ref().filter(|tape| tape.mode() == Mode::Replay)
        }

        /// Whether the gateway is not asked at all.
        pub(in crate::gateway) fn is_replay(&self) -> bool {
            self.replayed().is_some()
        }

        /// Whether the gateway is not asked, and nothing answers that task: a tape of an earlier version lacks what only later ones ask.
        #[cfg(feature = "orders")]
        pub(in crate::gateway) fn lacks(&self, task: TaskKind) -> bool {
            self.replayed().is_some_and(|tape| !tape.holds(task))
        }

        /// The transport of a replay, which reaches nobody.
        pub(in crate::gateway) fn transport(&self) -> Option<Box<dyn Transport>> {
            self.replayed().map(|_| Box::new(Offline) as Box<dyn Transport>)
        }

        /// The transaction id of the run that is replayed: the same run says the same.
        pub(in crate::gateway) fn transaction_id(&self) -> Option<String> {
            self.replayed()?.ctid()
        }

        /// The client with the tape around its exchanges.
        pub(in crate::gateway) fn around(&self, client: Client) -> Client {
            match &self.0 {
                Some(tape) => client.with_interceptor(Arc::new(tape.clone())),
                None => client,
            }
        }
    }
}

#[cfg(not(feature = "tapes"))]
mod without_tapes {
    use certgate_client::{Client, Transport};
    #[cfg(feature = "orders")]
    use certgate_domain::TaskKind;

    /// No tape.
    #[derive(Debug, Clone, Default)]
    pub(in crate::gateway) struct Recording;

    impl Recording {
        pub(in crate::gateway) fn is_replay(&self) -> bool {
            false
        }

        #[cfg(feature = "orders")]
        pub(in crate::gateway) fn lacks(&self, _: TaskKind) -> bool {
            false
        }

        pub(in crate::gateway) fn transport(&self) -> Option<Box<dyn Transport>> {
            None
        }

        pub(in crate::gateway) fn transaction_id(&self) -> Option<String> {
            None
        }

        pub(in crate::gateway) fn around(&self, client: Client) -> Client {
            client
        }
    }
}

#[cfg(feature = "tapes")]
pub(super) use with_tapes::Recording;
#[cfg(not(feature = "tapes"))]
pub(super) use without_tapes::Recording;
