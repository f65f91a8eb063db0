/// Options in the form of the command line.
enum CommandLineOption {
  /// `--steps` for the option `steps`.
  static func name(_ option: String) -> String { "--\(option)" }
}
