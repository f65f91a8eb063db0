/// The variables of a template, a loop's iteration or a macro's call, with those around them.
final class Scope: Releasable {
  var variables: [String: Value] = [:]
  private let parent: Scope?

  init(parent: Scope? = nil) {
    self.parent = parent
  }

  /// The value of a name here or further out.
  subscript(name: String) -> Value? {
    var scope = self
    while true {
      if let value = scope.variables[name] { return value }
      guard let parent = scope.parent else { return nil }
      scope = parent
    }
  }

  func empty() { variables = [:] }
}
