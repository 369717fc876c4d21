#!/usr/bin/env node
import { launch } from '../cli/launch.mjs';

launch(import.meta.url).catch((error) => {
  console.error(error);
  process.exit(1);
});
