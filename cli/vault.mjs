#!/usr/bin/env node
import { launch } from './launch.mjs';

launch(import.meta.url).catch((error) => {
  console.error(error);
  process.exit(1);
});
