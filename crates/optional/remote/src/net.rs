//! A bridge from calls that wait to the futures of the net: they run on threads of their own, so that any thread may
//! wait for them, even one that belongs to somebody else's runtime.

use std::future::Future;
use std::io;
use std::sync::OnceLock;
use std::sync::mpsc::sync_channel;
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle;

/// The threads that talk to the net; there are none before the first question.
#[derive(Default)]
pub(crate) struct Net(OnceLock<Result<Runtime, String>>);

impl Net {
    /// Waits for the end of a piece of work.
    pub(crate) fn wait<T: Send + 'static>(
        &self,
        work: impl Future<Output = io::Result<T>> + Send + 'static,
    ) -> io::Result<T> {
        let (sender, receiver) = sync_channel(1);
        // Who waits stays until the answer is there, so it can always be sent.
        self.runtime()?.spawn(async move { drop(sender.send(work.await)) });
        receiver.recv().map_err(|_| io::Error::other("the request broke off"))?
    }

    /// Starts a piece of work that nobody waits for yet.
    pub(crate) fn start<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> io::Result<JoinHandle<T>> {
        Ok(self.runtime()?.spawn(work))
    }

    fn runtime(&self) -> io::Result<&Runtime> {
        let make = || Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = self.0.get_or_init(|| make().map_err(|error| error.to_string()));
        runtime.as_ref().map_err(|error| io::Error::other(format!("no thread for the net: {error}")))
    }
}

impl Drop for Net {
    fn drop(&mut self) {
        // What is still under way is of no use to anybody; and to wait for it is forbidden on threads of a runtime.
        if let Some(Ok(runtime)) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}
