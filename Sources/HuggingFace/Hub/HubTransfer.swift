import Foundation
import Synchronization

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

/// Takes the bytes of an answer.
protocol HubSink: Sendable {
  /// Looks at the head of an answer, before its bytes come.
  mutating func begin(_ response: HTTPURLResponse) throws

  /// Takes bytes.
  ///
  /// - Returns: whether more are wanted; the transfer ends where they are not.
  mutating func receive(_ data: Data) throws -> Bool
}

/// One request to the hub, with the redirections that it leads to.
///
/// The token goes to the endpoint and nowhere else: a redirection to another scheme, host or port
/// is followed without it, and none leads from https to http.
final class HubTransfer<Sink: HubSink>: NSObject, URLSessionDataDelegate {
  private struct State {
    var sink: Sink
    var response: HTTPURLResponse?
    var failure: (any Error)?
    var isEnded = false
    var isPaused = false
    var redirections = 0
    var pace = TransferPace()
  }

  private let state: Mutex<State>
  private let isDone = DispatchSemaphore(value: 0)
  private let token: String?
  private let origin: URL
  private static var redirectionLimit: Int { 10 }

  private init(sink: Sink, origin: URL, token: String?) {
    state = Mutex(State(sink: sink))
    self.origin = origin
    self.token = token
  }

  /// Sends a GET request and waits until the whole answer has come, or as much of it as the sink
  /// wants.
  ///
  /// - Parameters:
  ///   - url: what to get.
  ///   - offset: the first byte to get, where the beginning is here already.
  ///   - token: goes into the header `Authorization`.
  ///   - limits: how slow the answer may be.
  ///   - sink: takes the answer, of whatever status.
  /// - Returns: the head of the last answer, the sink with what came, and whether the transfer was
  ///   ended because bytes came faster than the sink took them: then the rest has to be requested.
  /// - Throws: what the network or the sink throws; ``PassingFailure`` where the answer stalls.
  static func get(
    _ url: URL, from offset: Int = 0, token: String?, limits: TransferLimits, into sink: Sink
  ) throws -> (response: HTTPURLResponse, sink: Sink, isPaused: Bool) {
    let transfer = HubTransfer(sink: sink, origin: url, token: token)
    let configuration = URLSessionConfiguration.ephemeral
    configuration.urlCache = nil
    configuration.httpShouldSetCookies = false
    // The limits below end a stalled transfer.
    configuration.timeoutIntervalForRequest = 7 * 24 * 3600
    let queue = OperationQueue()
    queue.maxConcurrentOperationCount = 1
    let session = URLSession(configuration: configuration, delegate: transfer, delegateQueue: queue)
    let task = session.dataTask(with: transfer.request(for: url, offset: offset))
    task.resume()
    transfer.wait(for: task, limits, queue)
    session.invalidateAndCancel()
    return try transfer.state.withLock { state in
      // What comes late must not reach the sink any more, which goes on in the next try.
      state.isEnded = true
      if let failure = state.failure { throw failure }
      guard let response = state.response else { throw URLError(.badServerResponse) }
      return (response, state.sink, state.isPaused)
    }
  }

  /// Waits for the end of the answer, as long as it comes fast enough, and ends it where it comes
  /// too fast.
  private func wait(
    for task: URLSessionDataTask, _ limits: TransferLimits, _ queue: OperationQueue
  ) {
    while isDone.wait(timeout: .now() + limits.interval) == .timedOut {
      if queue.operationCount > limits.waitingPieces {
        // The pieces that wait still reach the sink, and then the end of the transfer.
        let isFirst = state.withLock { state in
          defer { state.isPaused = true }
          return !state.isPaused
        }
        if isFirst { task.cancel() }
      }
      let isStalled = state.withLock { state in
        guard let reason = state.pace.stall(limits) else { return false }
        if state.failure == nil { state.failure = PassingFailure(reason: reason) }
        return true
      }
      if isStalled { return }
    }
  }

  private func request(for url: URL, offset: Int) -> URLRequest {
    var request = URLRequest(url: url)
    request.setValue("pith", forHTTPHeaderField: "User-Agent")
    // A compressed answer has other lengths than those announced.
    request.setValue("identity", forHTTPHeaderField: "Accept-Encoding")
    if offset > 0 { request.setValue("bytes=\(offset)-", forHTTPHeaderField: "Range") }
    let isOrigin =
      url.scheme == origin.scheme && url.host == origin.host && url.port == origin.port
    if let token, isOrigin {
      request.setValue("Bearer \(token)", forHTTPHeaderField: "Authorization")
    }
    return request
  }

  func urlSession(
    _ session: URLSession, task: URLSessionTask,
    willPerformHTTPRedirection response: HTTPURLResponse, newRequest: URLRequest,
    completionHandler: @escaping @Sendable (URLRequest?) -> Void
  ) {
    let isWanted = state.withLock { state in
      state.redirections += 1
      return state.redirections <= Self.redirectionLimit
    }
    guard isWanted, let url = newRequest.url,
      url.scheme == "https" || url.scheme == "http" && origin.scheme == "http"
    else {
      completionHandler(nil)
      return
    }
    let range = task.originalRequest?.value(forHTTPHeaderField: "Range")
    var request = request(for: url, offset: 0)
    request.setValue(range, forHTTPHeaderField: "Range")
    completionHandler(request)
  }

  func urlSession(
    _ session: URLSession, dataTask: URLSessionDataTask, didReceive response: URLResponse,
    completionHandler: @escaping @Sendable (URLSession.ResponseDisposition) -> Void
  ) {
    let isWanted = state.withLock { state in
      guard !state.isEnded, let response = response as? HTTPURLResponse else { return false }
      state.response = response
      state.pace.head()
      return Self.attempt(&state) {
        try $0.begin(response)
        return true
      }
    }
    completionHandler(isWanted ? .allow : .cancel)
    // On Linux the disposition is not heeded.
    if !isWanted { dataTask.cancel() }
  }

  func urlSession(_ session: URLSession, dataTask: URLSessionDataTask, didReceive data: Data) {
    let isWanted = state.withLock { state in
      guard !state.isEnded && state.failure == nil else { return false }
      state.pace.bytes(data.count)
      return Self.attempt(&state) { try $0.receive(data) }
    }
    if !isWanted {
      dataTask.cancel()
      isDone.signal()
    }
  }

  func urlSession(
    _ session: URLSession, task: URLSessionTask, didCompleteWithError error: (any Error)?
  ) {
    state.withLock { state in
      if state.failure == nil && !state.isEnded && !state.isPaused { state.failure = error }
    }
    isDone.signal()
  }

  /// Lets the sink do something, and keeps its error.
  ///
  /// - Returns: whether it wants more.
  private static func attempt(
    _ state: inout State, _ body: (inout Sink) throws -> Bool
  ) -> Bool {
    do {
      let isWanted = try body(&state.sink)
      if !isWanted { state.isEnded = true }
      return isWanted
    } catch {
      state.failure = error
      return false
    }
  }
}
