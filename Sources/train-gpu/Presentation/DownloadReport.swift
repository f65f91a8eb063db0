import HuggingFace
import Logging
import Synchronization

/// Reports the progress of a model's download: every tenth of it. Called from another thread.
final class DownloadReport: Sendable {
  private let logger: Logger
  private let lastTenth = Mutex(-1)

  init(logger: Logger) {
    self.logger = logger
  }

  func show(_ progress: HubProgress) {
    let tenth = progress.receivedBytes * 10 / max(progress.totalBytes, 1)
    let isNew = lastTenth.withLock { last in
      defer { last = tenth }
      return tenth != last
    }
    if isNew {
      // A tokenizer alone is less than a few MiB.
      let (shift, unit) = progress.totalBytes < 10 << 20 ? (10, "KiB") : (20, "MiB")
      let (received, total) = (progress.receivedBytes >> shift, progress.totalBytes >> shift)
      logger.info("fetching \(progress.file): \(received) of \(total) \(unit)")
    }
  }
}
