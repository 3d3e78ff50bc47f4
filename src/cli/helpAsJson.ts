import { type Command, Help } from 'commander';
import { version } from '../runs/version.ts';
import { createOutput } from './output.ts';

/**
 * Makes `--help` and `--version` of a program that was called with --json one JSON object, as all of stdout is: the parts by
 * name, and the text that people get. Before any command is added; the function that is returned writes what has come.
 */
export function helpAsJson(program: Command): () => void {
  let text = '';
  let shown: Command | undefined;
  program.configureOutput({
    writeOut: (part) => {
      text += part;
    },
  });
  program.configureHelp({
    ...program.configureHelp(),
    formatHelp(command, helper) {
      shown = command;
      return Help.prototype.formatHelp.call(helper, command, helper);
    },
  });
  return () => {
    const output = createOutput({ json: true });
    if (shown) output.event('help', { ...parts(shown), text });
    else if (text !== '') output.event('version', { version });
  };
}

function parts(command: Command) {
  const helper = command.createHelp();
  return {
    command: helper.commandUsage(command).split(' [')[0],
    usage: helper.commandUsage(command),
    description: helper.commandDescription(command),
    arguments: command.registeredArguments.map((each) => ({
      name: each.name(),
      description: each.description,
      required: each.required,
      choices: each.argChoices,
    })),
    options: [...helper.visibleOptions(command), ...helper.visibleGlobalOptions(command)].map((each) => ({
      flags: each.flags,
      description: each.description,
      default: each.defaultValue,
      choices: each.argChoices,
      env: each.envVar,
    })),
    commands: helper.visibleCommands(command).map((each) => ({
      name: each.name(),
      description: each.description(),
    })),
  };
}
