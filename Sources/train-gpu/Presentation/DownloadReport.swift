import HuggingFace
import Logging
import Synchronization

/// Says how far the download of a model is: every tenth of it. It is told from another thread.
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
      logger.info(
        """
        fetching \(progress.file): \(progress.receivedBytes >> 20) of \(progress.totalBytes >> 20) MiB
        """)
    }
  }
}
