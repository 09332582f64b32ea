use pipewright_frame::*; use pipewright_world::*; use std::path::Path; use std::sync::Arc;
use arrow_array::{Array, cast::AsArray, types::*};
fn main(){
  let w=OsWorld::new(); let mode=std::env::args().nth(1).unwrap();
  for f in std::env::args().skip(2){
    let c=w.open(Path::new(&f)).unwrap();
    let mut o=ReadOptions::new(&f); o.format=Format::of_word(&std::env::var("FMT").unwrap_or("parquet".into()));
    let t = match mode.as_str() {
      "read" => read(&c,&o,&w).map(|r| { for n in &r.notes { eprintln!("{n}"); } r.table}),
      "sketch" => { match sketch(&c,&o) { Ok(s)=>println!("{}",serde_json::json!({"file":f,"certain":s.certain,"mem":s.memory_bytes,"rows":s.rows_seen,"notes":s.notes.len()})), Err(e)=>println!("{}",serde_json::json!({"file":f,"error":e.to_string()})) } continue; }
      _ => scan(&c,&o,&w).and_then(|s| { let mut v=vec![]; for i in 0..s.count() { assert_eq!(s.rows_before(i), Some(v.iter().map(|t:&Table|t.rows()).sum())); v.push(s.chunk(i)?); } assert_eq!(s.rows(), v.iter().map(|t:&Table|t.rows()).sum::<usize>()); if v.is_empty() { Table::empty(&s.schema()) } else { Table::concat(&v) } }),
    };
    match t { Err(e)=>println!("{}",serde_json::json!({"file":f,"error":e.to_string()})),
      Ok(t)=>{ let cols:Vec<_>=t.columns().iter().zip(t.arrays()).map(|(c,a)|{
         let sum:Option<String>=match c.kind { Kind::Continuous=>Some(a.as_primitive::<Float64Type>().iter().flatten().filter(|x|x.is_finite()).sum::<f64>().to_string()), Kind::Count=>Some(a.as_primitive::<Int64Type>().iter().flatten().map(|x|x as i128).sum::<i128>().to_string()), Kind::Bool=>Some(a.as_boolean().true_count().to_string()),
           Kind::Date=>Some(a.as_primitive::<TimestampMicrosecondType>().iter().flatten().map(|x|x as i128).sum::<i128>().to_string()),
           Kind::Time=>Some(a.as_primitive::<Time64MicrosecondType>().iter().flatten().map(|x|x as i128).sum::<i128>().to_string()),
           _=>Some(a.as_string::<i32>().iter().flatten().map(|s|s.len()).sum::<usize>().to_string())};
         serde_json::json!({"name":&*c.name,"kind":c.kind.to_string(),"nulls":a.null_count(),"sum":sum, "first": t.head(3).select(&[&*c.name]).unwrap().to_string()})}).collect();
         let _=Arc::new(0); println!("{}",serde_json::json!({"file":f,"rows":t.rows(),"columns":cols})) } }
  } }
