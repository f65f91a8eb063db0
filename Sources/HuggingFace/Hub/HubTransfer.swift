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
  mutating func receive(_ data: Data) throws
}

/// One request to the hub, with the redirections that it leads to.
///
/// The token goes to the endpoint and nowhere else: a redirection to another scheme, host or port
/// is followed without it.
final class HubTransfer<Sink: HubSink>: NSObject, URLSessionDataDelegate {
  private struct State {
    var sink: Sink
    var response: HTTPURLResponse?
    var failure: (any Error)?
  }

  private let state: Mutex<State>
  private let isDone = DispatchSemaphore(value: 0)
  private let token: String?
  private let origin: URL

  private init(sink: Sink, origin: URL, token: String?) {
    state = Mutex(State(sink: sink))
    self.origin = origin
    self.token = token
  }

  /// Sends a GET request and waits until the whole answer has come.
  ///
  /// - Parameters:
  ///   - url: what to get.
  ///   - offset: the first byte to get, where the beginning is here already.
  ///   - token: goes into the header `Authorization`.
  ///   - timeout: seconds without a byte after which the request has failed.
  ///   - sink: takes the answer, of whatever status.
  /// - Returns: the head of the last answer, and the sink with what came.
  /// - Throws: what the network or the sink throws.
  static func get(
    _ url: URL, from offset: Int = 0, token: String?, timeout: Double = 30, into sink: Sink
  ) throws -> (response: HTTPURLResponse, sink: Sink) {
    let transfer = HubTransfer(sink: sink, origin: url, token: token)
    let configuration = URLSessionConfiguration.ephemeral
    configuration.urlCache = nil
    configuration.httpShouldSetCookies = false
    configuration.timeoutIntervalForRequest = timeout
    let session = URLSession(configuration: configuration, delegate: transfer, delegateQueue: nil)
    defer { session.finishTasksAndInvalidate() }
    session.dataTask(with: transfer.request(for: url, offset: offset)).resume()
    transfer.isDone.wait()
    return try transfer.state.withLock { state in
      if let failure = state.failure { throw failure }
      guard let response = state.response else { throw URLError(.badServerResponse) }
      return (response, state.sink)
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
    guard let url = newRequest.url, url.scheme == "https" || url.scheme == "http" else {
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
      guard let response = response as? HTTPURLResponse else { return false }
      state.response = response
      return Self.attempt(&state) { try $0.begin(response) }
    }
    completionHandler(isWanted ? .allow : .cancel)
  }

  func urlSession(_ session: URLSession, dataTask: URLSessionDataTask, didReceive data: Data) {
    let isWanted = state.withLock { state in
      state.failure == nil && Self.attempt(&state) { try $0.receive(data) }
    }
    if !isWanted { dataTask.cancel() }
  }

  func urlSession(
    _ session: URLSession, task: URLSessionTask, didCompleteWithError error: (any Error)?
  ) {
    state.withLock { state in
      if state.failure == nil { state.failure = error }
    }
    isDone.signal()
  }

  /// Lets the sink do something, and keeps its error.
  private static func attempt(_ state: inout State, _ body: (inout Sink) throws -> Void) -> Bool {
    do {
      try body(&state.sink)
      return true
    } catch {
      state.failure = error
      return false
    }
  }
}
