import Synchronization

/// The memory that encoding works in: kept from call to call, never shared by two at once.
struct Workspace {
  var cache = WordCache()
  var queue = MergeQueue()
  var steps: [Unigram.Step] = []
}

/// Keeps one workspace for the next call. A call while another thread encodes with it makes its
/// own; results do not depend on which it gets.
final class WorkspacePool: Sendable {
  private let free = Mutex<Workspace?>(nil)

  func take() -> Workspace {
    free.withLock { workspace in
      defer { workspace = nil }
      return workspace ?? Workspace()
    }
  }

  func giveBack(_ used: Workspace) {
    free.withLock { workspace in workspace = used }
  }
}
