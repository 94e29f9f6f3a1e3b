// The page of `gatectl camera preview`: the live picture and nothing else.

import { start } from "/static/preview.js";

start();
