import ArgumentParser

/// The files of a distillation. All are optional here, because a configuration file may name them.
struct DistillFiles: ParsableArguments {
  @Option(help: ModelOptions.help, completion: .file())
  var model: String?

  @OptionGroup var lora: LoRAOptions

  @OptionGroup var teacher: TeacherOptions

  @Option(parsing: .upToNextOption, help: ContextOption.help, completion: .file())
  var context: [String] = []

  @OptionGroup var tools: ToolsOption

  @Option(
    help: ArgumentHelp(
      "A run's output folder, or the safetensors file of its prompt, which stands before the trained one, in "
        + "training and in every comparison, and stays as it is; may be given several times. The model with the "
        + "full context reads --context alone: name the other text there too where answers need it.",
      valueName: "dir|file"), completion: .file())
  var beside: [String] = []

  @Option(
    help: ArgumentHelp(
      "Prompts, one JSON object a line: {\"prompt\", \"completion\"} of texts or of messages, "
        + "{\"messages\"} or {\"prompt_ids\", \"completion_ids\"}. Where the response is missing, the model with the "
        + "full context answers. Without this option the model writes the prompts too, as train-gpu "
        + "study does, into study.jsonl of the output folder.", valueName: "file.jsonl"),
    completion: .jsonLines)
  var inputs: String?

  @Option(
    help: ArgumentHelp(
      "Examples that are held out: a file like --inputs, or a share of the inputs below 1; 0 holds "
        + "nothing out (default: 0.1). Of examples that a study wrote, those that it kept apart.",
      valueName: "file.jsonl|share"), completion: .jsonLines)
  var validation: String?

  @Option(help: UnrelatedOption.help, completion: .jsonLines)
  var unrelated: String?

  @Option(
    help: ArgumentHelp("A new folder for the results.", valueName: "dir"), completion: .directory)
  var output: String?

  @Flag(
    help: ArgumentHelp(
      "Replace the run in the output folder; refused where files of another program have the names "
        + "of a run's. Files of a run that were changed since are kept under another name."))
  var overwrite = false

  @Flag(
    help: ArgumentHelp(
      "Continue the run in the output folder from its newest checkpoint. Its other options stay the "
        + "same, but --steps or --epochs (at a constant rate), --patience, --evaluate-every and "
        + "--checkpoint-every may change; the first four stay as they were where they are left out."
    ))
  var resume = false

  @Option(
    help: ArgumentHelp(
      "Options in a YAML file, under their names here without the dashes; the command line wins.",
      valueName: "file.yaml"),
    completion: .file(extensions: ["yaml", "yml"]))
  var config: String?
}
