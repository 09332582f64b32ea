//! A bridge from blocking calls to async requests: they run on threads of their own, so that any thread may wait for
//! them, even one of another runtime.

use std::future::Future;
use std::io;
use std::sync::OnceLock;
use std::sync::mpsc::sync_channel;
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle;

/// The network threads; none before the first request.
#[derive(Default)]
pub(crate) struct Net(OnceLock<Result<Runtime, String>>);

impl Net {
    /// Waits for a future.
    pub(crate) fn wait<T: Send + 'static>(
        &self,
        work: impl Future<Output = io::Result<T>> + Send + 'static,
    ) -> io::Result<T> {
        let (sender, receiver) = sync_channel(1);
        // The waiting thread stays until the result is sent, so sending cannot fail.
        self.runtime()?.spawn(async move { drop(sender.send(work.await)) });
        receiver.recv().map_err(|_| io::Error::other("the request was interrupted"))?
    }

    /// Spawns a future without waiting.
    pub(crate) fn start<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> io::Result<JoinHandle<T>> {
        Ok(self.runtime()?.spawn(work))
    }

    fn runtime(&self) -> io::Result<&Runtime> {
        let make = || Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = self.0.get_or_init(|| make().map_err(|error| error.to_string()));
        runtime.as_ref().map_err(|error| io::Error::other(format!("cannot start the network threads: {error}")))
    }
}

impl Drop for Net {
    fn drop(&mut self) {
        // Running requests are no longer needed; and blocking on them is not allowed on threads of a runtime.
        if let Some(Ok(runtime)) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}
