import Foundation

/// The user's token, and whether it may go to an endpoint: over https, or to this machine itself.
package enum HubToken: Sendable, Equatable {
  /// There is none.
  case none
  /// It goes into the header `Authorization`.
  case bearer(String)
  /// There is one, but anybody on the way to this endpoint could read it.
  case withheld(endpoint: String)

  /// The token for an endpoint.
  init(_ token: String?, for endpoint: URL) {
    guard let token else {
      self = .none
      return
    }
    let isSafe = endpoint.scheme == "https" || Self.isLoopback(endpoint.host ?? "")
    self = isSafe ? .bearer(token) : .withheld(endpoint: endpoint.absoluteString)
  }

  /// What goes into the header; nil where nothing does.
  var bearer: String? {
    if case .bearer(let token) = self { token } else { nil }
  }

  private static func isLoopback(_ host: String) -> Bool {
    let octets = host.split(separator: ".", omittingEmptySubsequences: false)
    let isIPv4 = octets.count == 4 && octets.allSatisfy { UInt8($0) != nil }
    return host == "localhost" || host == "::1" || host == "[::1]" || isIPv4 && octets[0] == "127"
  }
}
