/// The variables of a template, a loop's iteration or a macro's call, with those around them.
final class JinjaScope: JinjaRefillable {
  var variables: [String: JinjaValue] = [:]
  private let parent: JinjaScope?

  init(parent: JinjaScope? = nil) {
    self.parent = parent
  }

  /// The value of a name here or further out.
  subscript(name: String) -> JinjaValue? {
    var scope = self
    while true {
      if let value = scope.variables[name] { return value }
      guard let parent = scope.parent else { return nil }
      scope = parent
    }
  }

  func empty() { variables = [:] }
}
